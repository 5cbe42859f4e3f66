import type { HttpResponse, TemplatedApp } from 'uWebSockets.js'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Hub } from '../ws/hub.js'
import type { AddressOf } from './address.js'
import { type Answer, bearerToken, refused, send } from './answer.js'
import { readBody } from './body.js'
import { browserSpans } from './browser-spans.js'

/** Some hundred spans; a browser sends a few at a time. */
const MAX_BYTES = 32 * 1024
const RATE = { perMinute: 30, burst: 10 }
const PASS_ON_MS = 5_000

/**
 * `POST /telemetry/v1/traces`: spans of signed-in people's browsers, in OTLP's JSON, passed on to the collector. Only where the
 * operator wants them; what is not understood is left out, and nothing but what {@link browserSpans} knows gets through.
 */
export function serveTelemetry(app: TemplatedApp, hub: Hub, endpoint: string | undefined, addressOf: AddressOf): void {
  if (endpoint === undefined || hub.traceRatio === 0) return
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`
  app.post('/telemetry/v1/traces', (res, req) => {
    const [token, address] = [bearerToken(req), addressOf(res, req)]
    let aborted = false
    res.onAborted(() => {
      aborted = true
    })
    take(hub, res, token, address, url).then((answer) => {
      if (!aborted) send(res, answer)
    }, hub.onFailure)
  })
}

async function take(
  hub: Hub,
  res: HttpResponse,
  token: string | undefined,
  address: string,
  url: string,
): Promise<Answer> {
  try {
    const body = await readBody(res, MAX_BYTES)
    if (token === undefined) throw new Refusal(ErrorReason.UNAUTHENTICATED)
    const { userId } = await hub.authenticator.actor(token, address)
    const waitMs = hub.limits.take(`${userId}:spans`, RATE, performance.now())
    if (waitMs > 0) throw new Refusal(ErrorReason.RATE_LIMITED, {}, waitMs)
    if (!body) throw new Refusal(ErrorReason.TOO_LARGE, { limit: String(MAX_BYTES) })
    const spans = browserSpans(body)
    if (spans) await passOn(url, spans)
    return { status: '202 Accepted', contentType: 'application/json', body: EMPTY, retryAfterMs: 0 }
  } catch (error) {
    return refused(error, hub.onFailure)
  }
}

const EMPTY = new TextEncoder().encode('{}')

/** A collector that is away loses spans; nobody waits for it. */
async function passOn(url: string, body: string): Promise<void> {
  const headers = { 'Content-Type': 'application/json' }
  await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(PASS_ON_MS) })
    // An answer that is not read would keep its connection.
    .then((answer) => answer.body?.cancel())
    .catch(() => undefined)
}
