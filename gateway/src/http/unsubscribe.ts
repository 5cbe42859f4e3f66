import type { TemplatedApp } from 'uWebSockets.js'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { RateClass } from '@beseda/proto/common/v1/policy'
import { MissedMailService } from '@beseda/proto/notify/v1/missed_mail_service'
import { createClient, type Transport } from '@connectrpc/connect'
import { type Answer, refused, send } from './answer.js'
import { readBody } from './body.js'
import type { HttpPorts } from './ports.js'

const TIMEOUT_MS = 10_000
/** `List-Unsubscribe=One-Click`, and whatever a mail service adds. */
const MAX_BODY_BYTES = 4_096
/** Longer than any code: what is counted is never large. */
const MAX_CODE = 64
const DONE: Answer = {
  status: '200 OK',
  contentType: 'text/plain; charset=utf-8',
  body: new TextEncoder().encode('unsubscribed\n'),
  retryAfterMs: 0,
}

type UnsubscribePorts = Pick<HttpPorts, 'addressOf' | 'requests' | 'guessLimit' | 'onFailure'>

/**
 * `POST /unsubscribe/<code>` ends letters about what somebody has missed (RFC 8058): the service where they read their mail sends it, without a
 * sign-in. A GET of the same address is the client's page, and changes nothing.
 */
export function serveUnsubscribe(app: TemplatedApp, rpc: Transport, ports: UnsubscribePorts): void {
  const notify = createClient(MissedMailService, rpc)
  app.post('/unsubscribe/:code', (res, req) => {
    const [code, address] = [req.getParameter(0) ?? '', ports.addressOf(res, req)]
    let aborted = false
    res.onAborted(() => {
      aborted = true
    })
    const end = async (): Promise<Answer> => {
      const body = await readBody(res, MAX_BODY_BYTES)
      if (!body) throw new Refusal(ErrorReason.TOO_LARGE, { limit: String(MAX_BODY_BYTES) })
      await ports.guessLimit.check(code, address, async () => {
        await ports.requests.limit(RateClass.SIGN_IN, `unsubscribe ${code.slice(0, MAX_CODE)}`)
        return notify.unsubscribe({ code }, { timeoutMs: TIMEOUT_MS })
      })
      return DONE
    }
    void end()
      .catch((error: unknown) => refused(error, ports.onFailure))
      .then((answer) => {
        if (!aborted) send(res, answer)
      })
  })
}
