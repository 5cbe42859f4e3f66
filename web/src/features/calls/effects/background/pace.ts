/** Below this many pictures a second for this long, a moving person looks like a row of photographs. */
const LEAST_FPS = 10
const LIMIT_MS = 5_000

/**
 * Whether this device keeps up. What counts is how long a picture takes, not how many arrive: a camera in a dark room gives few, and is no
 * reason to switch anything off.
 */
export class Pace {
  #taken: { readonly at: number; readonly ms: number }[] = []

  constructor(private readonly begun: number) {}

  /** A picture took `ms`, and was ready at `now`. True: fewer than ten a second are possible, for five seconds now. */
  isTooSlow(ms: number, now: number): boolean {
    this.#taken = [...this.#taken.filter(({ at }) => now - at < LIMIT_MS), { at: now, ms }]
    const mean = this.#taken.reduce((sum, one) => sum + one.ms, 0) / this.#taken.length
    return now - this.begun >= LIMIT_MS && mean > 1_000 / LEAST_FPS
  }
}

/** A single picture that takes longer than this is never ready. */
export const STUCK_MS = LIMIT_MS
