import { Refusal } from '@beseda/kernel'
import type { TokenVerifier } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Exposure } from '@beseda/proto/common/v1/policy'
import {
  type ContentType,
  clientSpan,
  findMethod,
  HEADERS,
  policyOf,
  rateLimitOf,
  relay,
  traceHeaders,
} from '@beseda/rpc'
import type { NatsConnection } from '@nats-io/nats-core'
import type { RateLimits } from './session/limits.js'

/** Who is calling. */
export interface Actor {
  readonly userId: string
  readonly deviceId: string
  readonly sessionId: string
  /** Unix ms. */
  readonly expiresAt: number
}

export interface Call {
  readonly service: string
  readonly method: string
  readonly payload: Uint8Array
  readonly contentType: ContentType
  /** Undefined: nobody has signed in. */
  readonly actor: Actor | undefined
  readonly address: string
}

const TIMEOUT_MS = 10_000

/** The one way from outside to the services, for sockets and HTTP alike: exposure, limits, and then bytes as they are. */
export class Caller {
  constructor(
    private readonly nats: NatsConnection,
    private readonly partitionCount: number,
    private readonly limits: RateLimits,
    private readonly onCall: (method: string, code: string, ms: number) => void,
  ) {}

  /** Errors: METHOD_NOT_FOUND, UNAUTHENTICATED, RATE_LIMITED, and the service's own. */
  async call({ service, method: name, payload, contentType, actor, address }: Call): Promise<Uint8Array> {
    const method = findMethod(service, name)
    const policy = method && policyOf(method)
    if (!method || !policy || policy.exposure < Exposure.ANONYMOUS) throw new Refusal(ErrorReason.METHOD_NOT_FOUND)
    if (policy.exposure === Exposure.PUBLIC && !actor) throw new Refusal(ErrorReason.UNAUTHENTICATED)
    const rate = rateLimitOf(policy.rateClass)
    const started = performance.now()
    if (rate) {
      const waitMs = this.limits.take(`${actor?.userId ?? address}:${policy.rateClass}`, rate, started)
      if (waitMs > 0) throw new Refusal(ErrorReason.RATE_LIMITED, {}, waitMs)
    }
    const headers = {
      [HEADERS.user]: actor?.userId,
      [HEADERS.device]: actor?.deviceId,
      [HEADERS.session]: actor?.sessionId,
      [HEADERS.address]: address,
    }
    const { nats, partitionCount } = this
    let code = 'failed'
    try {
      const answer = await clientSpan(method, () => {
        const traced = { ...headers, ...traceHeaders() }
        return relay(nats, { method, payload, contentType, partitionCount, timeoutMs: TIMEOUT_MS, headers: traced })
      })
      code = 'ok'
      return answer
    } finally {
      this.onCall(`${service}/${name}`, code, performance.now() - started)
    }
  }
}

/** The actor of an access token. Errors: UNAUTHENTICATED, TOKEN_EXPIRED, SESSION_REVOKED. */
export async function authenticate(
  verifier: TokenVerifier,
  token: string,
  isEnded: (sessionId: string) => boolean,
): Promise<Actor> {
  const { sub, did, sid, exp } = await verifier.verify(token, 'beseda')
  if (typeof sub !== 'string' || typeof did !== 'string' || typeof sid !== 'string' || exp === undefined) {
    throw new Refusal(ErrorReason.UNAUTHENTICATED)
  }
  if (isEnded(sid)) throw new Refusal(ErrorReason.SESSION_REVOKED)
  return { userId: sub, deviceId: did, sessionId: sid, expiresAt: exp * 1000 }
}
