import { BoundedMap } from '@beseda/async'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { errorInfo } from '@beseda/rpc'
import { networkOf } from '../http/address.js'
import type { RateLimits } from '../session/limits.js'

/** Wrong secrets of one network. More would let strangers keep a service busy with made-up ones; fewer, one bot that was forgotten would shut out its neighbours' mistakes. */
const WRONG_RATE = { perMinute: 30, burst: 30 }
/** What a service says of a secret that is none. */
const WRONG: ReadonlySet<ErrorReason | undefined> = new Set([
  ErrorReason.UNAUTHENTICATED,
  ErrorReason.WEBHOOK_NOT_FOUND,
])
/** Secrets kept at most that were right; of one that is forgotten the network's wrong ones count again. */
const MAX_RIGHT = 10_000

/**
 * Tokens of bots and webhooks, which only a service can judge: whoever makes them up is answered a few times, and from then on not asked
 * about. One that was right is asked about always: neighbours who guess do it no harm.
 */
export class GuessLimit {
  readonly #right = new BoundedMap<string, true>(MAX_RIGHT)

  constructor(private readonly limits: RateLimits) {}

  /** Errors: RATE_LIMITED, and those of the question. */
  async ask<T>(secret: string, address: string, question: () => Promise<T>): Promise<T> {
    const key = `${networkOf(address)}:guess`
    const waitMs = this.#right.has(secret) ? 0 : this.limits.waitMs(key, WRONG_RATE, performance.now())
    if (waitMs > 0) throw new Refusal(ErrorReason.RATE_LIMITED, {}, waitMs)
    try {
      const answer = await question()
      this.#right.set(secret, true)
      return answer
    } catch (error) {
      if (WRONG.has(errorInfo(error)?.reason)) {
        this.#right.delete(secret)
        this.limits.take(key, WRONG_RATE, performance.now())
      }
      throw error
    }
  }
}
