import type { HttpResponse, TemplatedApp } from 'uWebSockets.js'
import { type BucketRate, Refusal } from '@beseda/kernel'
import { networkOf } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Actor } from '../auth/actor.js'
import { type Answer, bearerToken, refused, send } from './answer.js'
import { readBody } from './body.js'
import { type ReportedEvent, readReport } from './client-report.js'
import type { HttpPorts } from './ports.js'

const MAX_BYTES = 16 * 1024
/** Reports of one person. Larger: one broken client fills the log; smaller: the errors that follow the first are lost. */
const PERSON_RATE: BucketRate = { perMinute: 20, burst: 10 }
/** Reports of one network, signed in or not: an office behind one address has many people. */
const NETWORK_RATE: BucketRate = { perMinute: 120, burst: 60 }
/**
 * Events without a token, of this gateway as a whole: whoever has many addresses could fill the log. Larger: more of it is theirs; smaller: a
 * fault before the sign-in that meets everybody is seen on fewer devices.
 */
const ANONYMOUS_RATE: BucketRate = { perMinute: 600, burst: 600 }

export interface ClientEventsPorts extends Pick<HttpPorts, 'addressOf' | 'signIn' | 'limits' | 'onFailure'> {
  /** Counts and logs the events of one report; `who` is undefined for a client without a token. */
  readonly record: (events: readonly ReportedEvent[], who: Actor | undefined) => void
}

interface Sent {
  readonly token: string | undefined
  readonly address: string
  readonly isJson: boolean
}

/** `POST /telemetry/v1/events`: life-cycle steps and errors of clients, into the log and a metric (client_events.proto). */
export function serveClientEvents(app: TemplatedApp, ports: ClientEventsPorts): void {
  app.post('/telemetry/v1/events', (res, req) => {
    const isJson = !req.getHeader('content-type').startsWith('application/proto')
    const sent = { token: bearerToken(req), address: ports.addressOf(res, req), isJson }
    let aborted = false
    res.onAborted(() => {
      aborted = true
    })
    take(res, sent, ports)
      .catch((error: unknown) => refused(error, ports.onFailure))
      .then((answer) => {
        if (!aborted) send(res, answer)
      }, ports.onFailure)
  })
}

/** Errors: RATE_LIMITED, TOO_LARGE, INVALID_REQUEST, and those of the token. */
async function take(res: HttpResponse, { token, address, isJson }: Sent, ports: ClientEventsPorts): Promise<Answer> {
  const { signIn, limits, record } = ports
  const body = await readBody(res, MAX_BYTES)
  const limit = (key: string, rate: BucketRate) => {
    const waitMs = limits.take(`${key}:events`, rate, performance.now())
    if (waitMs > 0) throw new Refusal(ErrorReason.RATE_LIMITED, {}, waitMs)
  }
  limit(networkOf(address), NETWORK_RATE)
  const actor = token === undefined ? undefined : await signIn.actor(token, address)
  if (actor) limit(actor.userId, PERSON_RATE)
  if (!body) throw new Refusal(ErrorReason.TOO_LARGE, { limit: String(MAX_BYTES) })
  const events = readReport(body, isJson)
  if (!events) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'events' })
  const taken = actor ? events : events.filter(() => limits.take(EVERYBODY, ANONYMOUS_RATE, performance.now()) === 0)
  if (taken.length > 0) record(taken, actor)
  else if (events.length > 0)
    throw new Refusal(ErrorReason.RATE_LIMITED, {}, limits.waitMs(EVERYBODY, ANONYMOUS_RATE, performance.now()))
  return { status: '202 Accepted', contentType: 'application/json', body: EMPTY, retryAfterMs: 0 }
}

const EVERYBODY = 'everybody:events'
const EMPTY = new TextEncoder().encode('{}')
