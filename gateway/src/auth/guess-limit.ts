import { BoundedMap } from '@beseda/async'
import { type BucketRate, Refusal } from '@beseda/kernel'
import { networkOf } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { errorInfo } from '@beseda/rpc'
import type { RateLimits } from '../session/limits.js'

/** Wrong secrets of one network. Higher: strangers keep a service busy with guesses; lower: one forgotten bot blocks its neighbours' mistakes. */
const WRONG_RATE: BucketRate = { perMinute: 30, burst: 30 }
/** Reasons with which a service refuses a secret that does not exist. */
const WRONG: ReadonlySet<ErrorReason | undefined> = new Set([
  ErrorReason.UNAUTHENTICATED,
  ErrorReason.WEBHOOK_NOT_FOUND,
  ErrorReason.CALENDAR_NOT_FOUND,
  ErrorReason.MAIL_LINK_INVALID,
])
/** Reasons that say nothing about the secret: whoever sends what nobody can read is counted as if it were wrong, since they have made work. */
const UNREADABLE: ReadonlySet<ErrorReason | undefined> = new Set([ErrorReason.INVALID_REQUEST])
/** Secrets remembered as right. One that is dropped counts against its network's limit again. */
const MAX_RIGHT = 10_000

/**
 * Limits guesses at the tokens of bots, webhooks and calendars, and at the codes that end letters, which only a service can check. Beyond
 * the limit unknown secrets of a network are refused without asking. A secret that was right is always checked: guessing neighbours do it no
 * harm.
 */
export class GuessLimit {
  readonly #right = new BoundedMap<string, true>(MAX_RIGHT)

  constructor(private readonly limits: Pick<RateLimits, 'take' | 'putBack'>) {}

  /** Runs the check of a secret that came from an address. Errors: RATE_LIMITED, and those of the check. */
  async check<T>(secret: string, address: string, ask: () => Promise<T>): Promise<T> {
    const key = `${networkOf(address)}:guess`
    const known = this.#right.has(secret)
    // Taken before it is known whether the secret is right: guesses that come at once must not all be checked before the first is found wrong.
    const waitMs = known ? 0 : this.limits.take(key, WRONG_RATE, performance.now())
    if (waitMs > 0) throw new Refusal(ErrorReason.RATE_LIMITED, {}, waitMs)
    try {
      const answer = await ask()
      this.#right.set(secret, true)
      if (!known) this.limits.putBack(key, WRONG_RATE)
      return answer
    } catch (error) {
      const reason = errorInfo(error)?.reason
      const isWrong = WRONG.has(reason)
      if (isWrong) this.#right.delete(secret)
      if (isWrong && known) this.limits.take(key, WRONG_RATE, performance.now())
      if (!isWrong && !known && !UNREADABLE.has(reason)) this.limits.putBack(key, WRONG_RATE)
      throw error
    }
  }
}
