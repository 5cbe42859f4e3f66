/** Wakes a waiter. A notice that comes while nobody waits is kept for the next one. */
export class Signal {
  #pending = false
  #wake: (() => void)[] = []

  notify(): void {
    this.#pending = true
    for (const wake of this.#wake.splice(0)) wake()
  }

  /** Resolves at the next notice, at the abort, or after `timeoutMs`, and tells whether there was a notice; never rejects. */
  wait(signal: AbortSignal, timeoutMs?: number): Promise<boolean> {
    if (this.#pending || signal.aborted) {
      const noticed = this.#pending
      this.#pending = false
      return Promise.resolve(noticed)
    }
    return new Promise((resolve) => {
      const done = () => {
        const noticed = this.#pending
        this.#pending = false
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve(noticed)
      }
      const timer = timeoutMs === undefined ? undefined : setTimeout(done, timeoutMs)
      signal.addEventListener('abort', done, { once: true })
      this.#wake.push(done)
    })
  }
}
