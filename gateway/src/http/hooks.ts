import type { TemplatedApp } from 'uWebSockets.js'
import { isUuid, newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { RateClass } from '@beseda/proto/common/v1/policy'
import { GroupService, MessageSchema } from '@beseda/proto/group/v1/group_service'
import { MAX_FRAME_BYTES } from '@beseda/rules'
import { toJsonString } from '@bufbuild/protobuf'
import { createClient, type Transport } from '@connectrpc/connect'
import { type Answer, refused, send } from './answer.js'
import { readBody } from './body.js'
import type { HttpPorts } from './ports.js'

const TIMEOUT_MS = 10_000

type HookPorts = Pick<HttpPorts, 'addressOf' | 'requests' | 'guessLimit' | 'onFailure'>

/** `POST /hooks/<token>` with `{"text": "…", "name": "…", "id": "…"}` posts a message of a webhook and answers with it. */
export function serveHooks(app: TemplatedApp, rpc: Transport, ports: HookPorts): void {
  const groups = createClient(GroupService, rpc)
  app.post('/hooks/:token', (res, req) => {
    const [token, address] = [req.getParameter(0) ?? '', ports.addressOf(res, req)]
    let aborted = false
    res.onAborted(() => {
      aborted = true
    })
    const post = async (): Promise<Answer> => {
      const body = await readBody(res, MAX_FRAME_BYTES)
      if (!body) throw new Refusal(ErrorReason.TOO_LARGE, { limit: String(MAX_FRAME_BYTES) })
      const { text, name, id } = fieldsOf(body)
      const request = { token, text, authorName: name, messageId: id || newId() }
      const { message } = await ports.guessLimit.check(token, address, async () => {
        await ports.requests.limit(RateClass.WEBHOOK, `hook ${token.slice(0, 64)}`)
        return groups.postByWebhook(request, { timeoutMs: TIMEOUT_MS })
      })
      const json = message ? toJsonString(MessageSchema, message) : '{}'
      return {
        status: '200 OK',
        contentType: 'application/json',
        body: new TextEncoder().encode(json),
        retryAfterMs: 0,
      }
    }
    void post()
      .catch((error: unknown) => refused(error, ports.onFailure))
      .then((answer) => {
        if (!aborted) send(res, answer)
      })
  })
}

/** Errors: INVALID_REQUEST. */
function fieldsOf(body: Uint8Array): { text: string; name: string; id: string } {
  try {
    const {
      text,
      name = '',
      id = '',
    } = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as Record<string, unknown>
    const isId = typeof id === 'string' && (id === '' || isUuid(id))
    if (typeof text === 'string' && typeof name === 'string' && isId) return { text, name, id }
  } catch {
    // Refused below, like every other body that is not as it should be.
  }
  throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'text' })
}
