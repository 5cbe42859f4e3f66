import { type BucketRate, Refusal } from '@beseda/kernel'
import { networkOf } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Exposure, RateClass } from '@beseda/proto/common/v1/policy'
import {
  type ContentType,
  clientSpan,
  findMethod,
  HEADERS,
  policyOf,
  rateLimitOf,
  relay,
  toWireError,
  traceHeaders,
} from '@beseda/rpc'
import type { NatsConnection } from '@nats-io/nats-core'
import { type Actor, requireScope } from '../auth/actor.js'
import type { RateLimits } from '../session/limits.js'
import type { Credit } from './credit.js'
import type { SharedLimits } from './shared-limits.js'

/** One request from outside. */
export interface RelayedRequest {
  readonly service: string
  readonly method: string
  readonly payload: Uint8Array
  readonly contentType: ContentType
  /** Undefined: nobody is signed in. */
  readonly actor: Actor | undefined
  readonly address: string
  /** W3C trace context of a client that was asked for traces; empty: none. */
  readonly traceparent?: string
}

const TIMEOUT_MS = 10_000
/** Traces that one person may start. */
const TRACE_RATE = { perMinute: 60, burst: 20 }

/** Frequent requests that are answered from a view: the limit of one gateway is enough, and saves a request to Redis. */
const CHEAP: ReadonlySet<RateClass> = new Set([RateClass.READ, RateClass.MARK])
/** What people do often: whoever has plenty left is not asked about. */
const FREQUENT: ReadonlySet<RateClass> = new Set([RateClass.POST, RateClass.WRITE])

/** Relays requests of sockets and HTTP to the services: checks exposure, scope and limits, and passes the bytes on undecoded. */
export class RequestRelay {
  constructor(
    private readonly nats: NatsConnection,
    private readonly partitionCount: number,
    private readonly limits: RateLimits,
    private readonly shared: SharedLimits,
    private readonly credit: Pick<Credit, 'take'>,
    private readonly onAnswered: (method: string, code: string, ms: number) => void,
  ) {}

  /** Takes one token of a rate class for `who`: of this gateway first, then of all gateways together. Errors: RATE_LIMITED. */
  async limit(rateClass: RateClass, who: string): Promise<void> {
    const rate = rateLimitOf(rateClass)
    if (!rate) return
    const key = `${who}:${rateClass}`
    const waitMs = this.limits.take(key, rate, performance.now())
    const sharedMs = waitMs > 0 || CHEAP.has(rateClass) ? 0 : await this.#sharedMs(rateClass, key, rate)
    if (waitMs > 0 || sharedMs > 0) throw new Refusal(ErrorReason.RATE_LIMITED, {}, Math.max(waitMs, sharedMs))
  }

  #sharedMs(rateClass: RateClass, key: string, rate: BucketRate): number | Promise<number> {
    return FREQUENT.has(rateClass) ? this.credit.take(key, rate) : this.shared.take(key, rate)
  }

  /** The trace context to follow. Limited, so that no single person decides how much is recorded. */
  #origin(traceparent: string | undefined, actor: Actor | undefined): string | undefined {
    if (!traceparent || !actor) return undefined
    return this.limits.take(`${actor.userId}:trace`, TRACE_RATE, performance.now()) > 0 ? undefined : traceparent
  }

  /** Errors: METHOD_NOT_FOUND, UNAUTHENTICATED, SCOPE_MISSING, RATE_LIMITED, and the service's own. */
  async call({
    service,
    method: name,
    payload,
    contentType,
    actor,
    address,
    traceparent,
  }: RelayedRequest): Promise<Uint8Array> {
    const method = findMethod(service, name)
    const policy = method && policyOf(method)
    if (!method || !policy || policy.exposure < Exposure.ANYBODY) throw new Refusal(ErrorReason.METHOD_NOT_FOUND)
    if (policy.exposure === Exposure.SIGNED_IN && !actor) throw new Refusal(ErrorReason.UNAUTHENTICATED)
    requireScope(policy.scope, actor)
    const started = performance.now()
    await this.limit(policy.rateClass, actor?.userId ?? networkOf(address))
    const headers = {
      [HEADERS.user]: actor?.userId,
      [HEADERS.device]: actor?.deviceId,
      [HEADERS.session]: actor?.sessionId,
      [HEADERS.address]: address,
    }
    const { nats, partitionCount } = this
    let code = 'failed'
    try {
      const ask = () => {
        const traced = { ...headers, ...traceHeaders() }
        return relay(nats, { method, payload, contentType, partitionCount, timeoutMs: TIMEOUT_MS, headers: traced })
      }
      const answer = await clientSpan(method, ask, this.#origin(traceparent, actor))
      code = 'ok'
      return answer
    } catch (error) {
      code = toWireError(error).code
      throw error
    } finally {
      this.onAnswered(`${service}/${name}`, code, performance.now() - started)
    }
  }
}
