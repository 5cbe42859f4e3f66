import { type Bucket, type BucketRate, take } from '@beseda/kernel'

/** Keys kept at most; beyond, the oldest are forgotten, which can only be generous. */
const MAX_KEYS = 100_000

/** Token buckets by key, the key being who and what: `user:rate class`. */
export class RateLimits {
  readonly #buckets = new Map<string, Bucket>()

  /** Milliseconds until {@link take} would allow it; takes nothing. */
  waitMs(key: string, rate: BucketRate, now: number): number {
    return take(this.#buckets.get(key), rate, now).waitMs
  }

  /** Milliseconds to wait; 0: allowed. */
  take(key: string, rate: BucketRate, now: number): number {
    const { bucket, waitMs } = take(this.#buckets.get(key), rate, now)
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (this.#buckets.size > MAX_KEYS) {
      const [oldest] = this.#buckets.keys()
      if (oldest !== undefined) this.#buckets.delete(oldest)
    }
    return waitMs
  }
}
