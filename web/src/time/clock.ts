/** Time, so that tests can let it pass themselves. */
export interface Clock {
  /** Unix ms. */
  now(): number
  /** Does the work once after `ms`. Returns how to cancel it. */
  after(ms: number, work: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, work) => {
    const timer = setTimeout(work, Math.max(0, ms))
    return () => clearTimeout(timer)
  },
}

/** A timer for one piece of work: setting it again replaces the previous one. */
export class Alarm {
  #cancel: (() => void) | undefined

  constructor(private readonly clock: Clock) {}

  get isSet(): boolean {
    return this.#cancel !== undefined
  }

  set(ms: number, work: () => void): void {
    this.clear()
    this.#cancel = this.clock.after(ms, () => {
      this.#cancel = undefined
      work()
    })
  }

  clear(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
