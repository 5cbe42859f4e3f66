import { BoundedMap } from '@beseda/async'
import { type Bucket, type BucketRate, putBack, take } from '@beseda/kernel'

/** Buckets kept at most. The oldest is dropped beyond that, which can only allow more. */
const MAX_KEYS = 100_000

/** Token buckets by key. A key says who and what: `user:rate class`. */
export class RateLimits {
  readonly #buckets = new BoundedMap<string, Bucket>(MAX_KEYS)

  /** Milliseconds until {@link take} would allow it. Takes nothing. `now`: ms of a monotonic clock. */
  waitMs(key: string, rate: BucketRate, now: number): number {
    return take(this.#buckets.get(key), rate, now).waitMs
  }

  /** Takes a token. Milliseconds to wait; 0: allowed. */
  take(key: string, rate: BucketRate, now: number): number {
    const { bucket, waitMs } = take(this.#buckets.get(key), rate, now)
    this.#buckets.set(key, bucket)
    return waitMs
  }

  /** Puts back a token that {@link take} took for what turned out to need none. */
  putBack(key: string, rate: BucketRate): void {
    const bucket = this.#buckets.get(key)
    if (bucket) this.#buckets.set(key, putBack(bucket, rate))
  }
}
