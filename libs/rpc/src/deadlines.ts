/** Interval at which deadlines are looked at; a signal may abort up to this much late. */
const SWEEP_MS = 50

/** One request whose answer is due. */
export interface Due {
  readonly signal: AbortSignal
  /** To be called when it is answered; the signal does not abort any more. */
  readonly done: () => void
}

/**
 * The deadlines of all running requests, with one timer. `AbortSignal.timeout` makes a timer and two weak references for each request, which
 * stay until the deadline, ten seconds after nearly all of them were answered.
 */
export class Deadlines {
  readonly #running = new Map<AbortController, number>()
  #sweep: NodeJS.Timeout | undefined

  /** The signal aborts with a TimeoutError, as that of `AbortSignal.timeout`. */
  start(ms: number): Due {
    const controller = new AbortController()
    this.#running.set(controller, performance.now() + ms)
    this.#sweep ??= setInterval(() => this.#expire(), SWEEP_MS)
    this.#sweep.unref()
    const done = () => {
      this.#running.delete(controller)
      if (this.#running.size === 0) this.#rest()
    }
    return { signal: controller.signal, done }
  }

  #expire(): void {
    const now = performance.now()
    for (const [controller, until] of this.#running) {
      if (until > now) continue
      this.#running.delete(controller)
      controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'))
    }
    if (this.#running.size === 0) this.#rest()
  }

  #rest(): void {
    clearInterval(this.#sweep)
    this.#sweep = undefined
  }
}
