/** How much faster or slower than time itself the clock may run while it corrects itself. A lease outlives that: it lasts twice as long as the pause between renewals. */
const SLEW = 0.5

/**
 * The time by which calls live, Unix ms: the same in every replica, whatever the clocks of their hosts say. It follows a clock that all share, and runs
 * on the machine's monotonic one in between. When the shared clock jumps, this one goes faster or slower until it is right, never backwards: a lease
 * that somebody renews does not run out because a time server corrected an hour.
 */
export class SharedClock {
  /** Shared minus monotonic time. */
  #offset: number
  #followedAt: number | undefined
  #last = Number.NEGATIVE_INFINITY

  /** Until it has followed anything: the time `start`, of this host. `monotonic`: ms since any moment. */
  constructor(
    private readonly monotonic: () => number,
    start: number,
  ) {
    this.#offset = start - monotonic()
  }

  now(): number {
    this.#last = Math.max(this.#last, Math.round(this.monotonic() + this.#offset))
    return this.#last
  }

  /** `shared`: what the shared clock said at the monotonic moment `at`. */
  follow(shared: number, at: number): void {
    const missing = shared - at - this.#offset
    const most = this.#followedAt === undefined ? Number.POSITIVE_INFINITY : SLEW * Math.max(0, at - this.#followedAt)
    this.#offset += Math.min(most, Math.max(-most, missing))
    this.#followedAt = at
  }
}
