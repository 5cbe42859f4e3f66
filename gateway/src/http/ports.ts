import type { Authenticator } from '../auth/authenticator.js'
import type { GuessLimit } from '../auth/guess-limit.js'
import type { RequestRelay } from '../requests/request-relay.js'
import type { RateLimits } from '../session/limits.js'
import type { AddressOf } from './address.js'

/** What the HTTP handlers need of the gateway; each takes the pieces that it uses. */
export interface HttpPorts {
  readonly addressOf: AddressOf
  readonly signIn: Pick<Authenticator, 'actor'>
  readonly requests: Pick<RequestRelay, 'call' | 'limit'>
  readonly guessLimit: Pick<GuessLimit, 'check'>
  readonly limits: Pick<RateLimits, 'take' | 'waitMs'>
  /** An error that is not the client's. */
  readonly onFailure: (error: unknown) => void
}
