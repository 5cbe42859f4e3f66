/** Time as the engine has it: tests and Node bring their own. */
export interface Clock {
  /** Unix ms. */
  now(): number
  /** Does the work once after `ms`; what comes back calls it off. */
  after(ms: number, work: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  after: (ms, work) => {
    const timer = setTimeout(work, Math.max(0, ms))
    return () => clearTimeout(timer)
  },
}

/** Work that is put off at most once at a time: a new time replaces the one before. */
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
