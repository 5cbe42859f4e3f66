import type { Redis } from 'ioredis'
import type { Clock } from '../../application/ports.js'
import { SharedClock } from '../../domain/shared-clock.js'

/** Longer: the answer says too little about when Redis read its clock. */
const TRUSTED_MS = 1_000

/** The clock of Redis, which every replica of this service asks anyway. */
export class RedisClock implements Clock {
  readonly #clock = new SharedClock(() => performance.now(), Date.now())
  #apart: number | undefined

  private constructor(private readonly redis: Redis) {}

  /** Has followed Redis' clock, unless Redis is away: then it is asked again by the first sweep. */
  static async start(redis: Redis): Promise<RedisClock> {
    const clock = new RedisClock(redis)
    // Without Redis there are no calls that could end.
    await clock.follow().catch(() => undefined)
    return clock
  }

  now(): number {
    return this.#clock.now()
  }

  /** How far this host's clock is ahead of Redis', ms; undefined: Redis has not been asked yet. */
  get apart(): number | undefined {
    return this.#apart
  }

  /** Asks Redis once. Errors: those of the connection; the clock goes on without. */
  async follow(): Promise<void> {
    const asked = performance.now()
    const [seconds, microseconds] = await this.redis.time()
    const answered = performance.now()
    if (answered - asked > TRUSTED_MS) return
    const shared = Number(seconds) * 1_000 + Number(microseconds) / 1_000
    const at = (asked + answered) / 2
    this.#clock.follow(shared, at)
    this.#apart = Date.now() - (answered - at) - shared
  }
}
