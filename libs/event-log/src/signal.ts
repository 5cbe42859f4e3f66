/** Wakes a waiter. A notice that comes while nobody waits is kept for the next one. */
export class Signal {
  #pending = false
  #wake: (() => void)[] = []

  notify(): void {
    this.#pending = true
    for (const wake of this.#wake.splice(0)) wake()
  }

  /** Resolves at the next notice, at the abort, or after `timeoutMs`; never rejects. */
  wait(signal: AbortSignal, timeoutMs?: number): Promise<void> {
    if (this.#pending || signal.aborted) {
      this.#pending = false
      return Promise.resolve()
    }
    return new Promise((resolve) => {
      const done = () => {
        this.#pending = false
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve()
      }
      const timer = timeoutMs === undefined ? undefined : setTimeout(done, timeoutMs)
      signal.addEventListener('abort', done, { once: true })
      this.#wake.push(done)
    })
  }
}
