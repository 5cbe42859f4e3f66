import { BoundedMap } from '@beseda/async'
import { type Bucket, type BucketRate, take } from '@beseda/kernel'
import type { SharedAnswer, Taking } from './shared-limits.js'

/** Buckets that are known at most. Of the others the first question goes to Redis. */
const MAX_KEYS = 100_000
/** What Redis has said about a bucket is believed for this long. Longer: a gateway knows later what others have allowed; shorter: more questions. */
const BELIEVED_MS = 10_000
/** Between two reports of what was allowed. Longer: other gateways allow too much for longer; shorter: more commands to Redis. */
const REPORT_MS = 250
/** Bursts that a bucket can owe. More: whoever exceeded a limit at many gateways is refused for longer. */
const MAX_DEBT = 10

interface Known {
  readonly bucket: Bucket
  /** When Redis said so, ms of the clock. */
  readonly toldAt: number
}

interface Spent {
  readonly rate: BucketRate
  wanted: number
}

export interface CreditParts {
  ask(taking: Taking): Promise<SharedAnswer>
  /** Milliseconds of a monotonic clock. */
  now(): number
  after(ms: number, work: () => void): void
}

/**
 * A limit that all gateways share, for what people do often (ADR 90). Who has more than half of the burst left is allowed at once, and Redis is
 * told soon, for everybody in one command; who has less is asked about. A person at several gateways can exceed the burst by half of it at
 * each; the bucket then owes it, so that over time nobody does more than the limit says.
 */
export class Credit {
  readonly #known = new BoundedMap<string, Known>(MAX_KEYS)
  #spent = new Map<string, Spent>()
  #isTimed = false

  constructor(private readonly parts: CreditParts) {}

  /** Milliseconds to wait; 0: allowed. */
  take(key: string, rate: BucketRate): 0 | Promise<number> {
    const now = this.parts.now()
    const known = this.#known.get(key)
    const { bucket } = take(known?.bucket, rate, now)
    if (known === undefined || now - known.toldAt > BELIEVED_MS || bucket.tokens < rate.burst / 2)
      return this.#ask(key, rate)
    this.#known.set(key, { ...known, bucket })
    this.#spend(key, rate)
    return 0
  }

  /** Tells Redis what was allowed since the last time. */
  report(): void {
    this.#isTimed = false
    const spent = this.#spent
    this.#spent = new Map()
    for (const [key, { rate, wanted }] of spent) void this.#tell({ key, rate, wanted, debt: MAX_DEBT * rate.burst })
  }

  #spend(key: string, rate: BucketRate): void {
    const spent = this.#spent.get(key)
    if (spent) spent.wanted++
    else this.#spent.set(key, { rate, wanted: 1 })
    if (this.#isTimed) return
    this.#isTimed = true
    this.parts.after(REPORT_MS, () => this.report())
  }

  /** What this gateway has allowed is reported first. */
  #ask(key: string, rate: BucketRate): Promise<number> {
    const spent = this.#spent.get(key)
    this.#spent.delete(key)
    if (spent) void this.#tell({ key, rate, wanted: spent.wanted, debt: MAX_DEBT * rate.burst })
    return this.#tell({ key, rate, wanted: 1, debt: 0 })
  }

  async #tell(taking: Taking): Promise<number> {
    const { waitMs, left } = await this.parts.ask(taking)
    if (left === undefined) this.#known.delete(taking.key)
    else {
      const now = this.parts.now()
      // Less what was allowed while Redis was being asked.
      const tokens = left - (this.#spent.get(taking.key)?.wanted ?? 0)
      this.#known.set(taking.key, { bucket: { tokens, at: now }, toldAt: now })
    }
    return waitMs
  }
}
