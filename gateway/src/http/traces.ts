import type { HttpResponse, TemplatedApp } from 'uWebSockets.js'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type Answer, bearerToken, refused, send } from './answer.js'
import { readBody } from './body.js'
import { browserSpans } from './browser-spans.js'
import type { HttpPorts } from './ports.js'

/** Some hundred spans; a browser sends a few at a time. */
const MAX_BYTES = 32 * 1024
const RATE = { perMinute: 30, burst: 10 }
const FORWARD_MS = 5_000

type TracePorts = Pick<HttpPorts, 'addressOf' | 'signIn' | 'limits' | 'onFailure'>

/**
 * `POST /telemetry/v1/traces` takes spans from browsers of signed-in people, in OTLP's JSON, and forwards them to the collector at `endpoint`.
 * Only what {@link browserSpans} knows gets through.
 */
export function serveTraces(app: TemplatedApp, endpoint: string, ports: TracePorts): void {
  const url = `${endpoint.replace(/\/$/, '')}/v1/traces`
  app.post('/telemetry/v1/traces', (res, req) => {
    const [token, address] = [bearerToken(req), ports.addressOf(res, req)]
    let aborted = false
    res.onAborted(() => {
      aborted = true
    })
    take(res, token, address, url, ports).then((answer) => {
      if (!aborted) send(res, answer)
    }, ports.onFailure)
  })
}

async function take(
  res: HttpResponse,
  token: string | undefined,
  address: string,
  url: string,
  { signIn, limits, onFailure }: TracePorts,
): Promise<Answer> {
  try {
    const body = await readBody(res, MAX_BYTES)
    if (token === undefined) throw new Refusal(ErrorReason.UNAUTHENTICATED)
    const { userId } = await signIn.actor(token, address)
    const waitMs = limits.take(`${userId}:spans`, RATE, performance.now())
    if (waitMs > 0) throw new Refusal(ErrorReason.RATE_LIMITED, {}, waitMs)
    if (!body) throw new Refusal(ErrorReason.TOO_LARGE, { limit: String(MAX_BYTES) })
    const spans = browserSpans(body)
    if (spans) await forward(url, spans)
    return { status: '202 Accepted', contentType: 'application/json', body: EMPTY, retryAfterMs: 0 }
  } catch (error) {
    return refused(error, onFailure)
  }
}

const EMPTY = new TextEncoder().encode('{}')

/** While the collector is away spans are lost; nobody waits for it. */
async function forward(url: string, body: string): Promise<void> {
  const headers = { 'Content-Type': 'application/json' }
  await fetch(url, { method: 'POST', headers, body, signal: AbortSignal.timeout(FORWARD_MS) })
    // An answer that is not read keeps its connection.
    .then((answer) => answer.body?.cancel())
    // A collector that is down loses traces, nothing else.
    .catch(() => undefined)
}
