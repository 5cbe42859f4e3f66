import type { TemplatedApp } from 'uWebSockets.js'
import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { RateClass } from '@beseda/proto/common/v1/policy'
import { GroupService, type Message, MessageSchema } from '@beseda/proto/group/v1/group_service'
import { toJsonString } from '@bufbuild/protobuf'
import { createClient, type Transport } from '@connectrpc/connect'
import { type HookMessage, hookMessage } from '../hooks/hook-message.js'
import { type Answer, refused, send } from './answer.js'
import { BodyRoom, readBody } from './body.js'
import type { HttpPorts } from './ports.js'

const TIMEOUT_MS = 10_000
/**
 * Of a payload. Smaller: events of GitHub with many commits, of GitLab with many jobs, are refused; larger: strangers fill more memory, since a body
 * is read before its token is checked.
 */
const MAX_BYTES = 256 * 1024
/** Of all payloads that are being received. Smaller: many tools at once are refused; larger: strangers fill more memory. */
const MAX_ROOM = 32 * 1024 * 1024

type HookPorts = Pick<HttpPorts, 'addressOf' | 'requests' | 'guessLimit' | 'onFailure'>

/**
 * `POST /hooks/<token>` with `{"text": "…", "name": "…", "id": "…"}` posts a message of a webhook and answers with it. Also takes what Slack takes, and
 * events of GitHub, GitLab, Alertmanager and Grafana (ADR 124).
 */
export function serveHooks(app: TemplatedApp, rpc: Transport, ports: HookPorts): void {
  const groups = createClient(GroupService, rpc)
  const room = new BodyRoom(MAX_ROOM)
  app.post('/hooks/:token', (res, req) => {
    const [token, address] = [req.getParameter(0) ?? '', ports.addressOf(res, req)]
    const headers = {
      gitHubEvent: req.getHeader('x-github-event'),
      gitHubDelivery: req.getHeader('x-github-delivery'),
      gitLabEvent: req.getHeader('x-gitlab-event'),
      idempotencyKey: req.getHeader('idempotency-key'),
    }
    const gone = new AbortController()
    res.onAborted(() => gone.abort())
    const post = async (): Promise<Answer> => {
      const body = await readBody(res, MAX_BYTES, { room, gone: gone.signal })
      if (!body) throw new Refusal(ErrorReason.TOO_LARGE, { limit: String(MAX_BYTES) })
      return ports.guessLimit.check(token, address, async () => {
        await ports.requests.limit(RateClass.WEBHOOK, `hook ${token.slice(0, 64)}`)
        // Behind the limits: to read a payload is work, and strangers can send as many as they like.
        const found = hookMessage({ body, token, ...headers })
        const { text, name, id } = found
        const request = { token, text, authorName: name, messageId: id || newId() }
        const { message } = await groups.postByWebhook(request, { timeoutMs: TIMEOUT_MS })
        return answerOf(found, message)
      })
    }
    void post()
      .catch((error: unknown) => refused(error, ports.onFailure))
      .then((answer) => {
        if (!gone.signal.aborted) send(res, answer)
      })
  })
}

/** The message; to whoever speaks to Slack its word, because some take every other answer for a failure. */
function answerOf({ answersOk }: HookMessage, message: Message | undefined): Answer {
  const body = new TextEncoder().encode(answersOk ? 'ok' : message ? toJsonString(MessageSchema, message) : '{}')
  return { status: '200 OK', contentType: answersOk ? 'text/plain' : 'application/json', body, retryAfterMs: 0 }
}
