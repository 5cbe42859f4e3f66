/** A clock and timers that tests can control. */
export interface Clock {
  /** Unix ms. */
  now(): number
  /** Runs the task once after `ms`. Returns a function that cancels it. */
  after(ms: number, work: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, work) => {
    const timer = setTimeout(work, Math.max(0, ms))
    return () => clearTimeout(timer)
  },
}

/** A timer for one task: setting it again replaces the previous one. */
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
