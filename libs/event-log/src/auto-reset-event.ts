/** Wakes one waiter for each `set`. A `set` while nobody waits is kept for the next waiter. */
export class AutoResetEvent {
  #isSet = false
  #wake: (() => void)[] = []

  set(): void {
    this.#isSet = true
    for (const wake of this.#wake.splice(0)) wake()
  }

  /** Resolves at the next `set`, at the abort, or after `timeoutMs`, with whether it was set; never rejects. */
  wait(signal: AbortSignal, timeoutMs?: number): Promise<boolean> {
    if (this.#isSet || signal.aborted) return Promise.resolve(this.#reset())
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer)
        signal.removeEventListener('abort', done)
        resolve(this.#reset())
      }
      const timer = timeoutMs === undefined ? undefined : setTimeout(done, timeoutMs)
      signal.addEventListener('abort', done, { once: true })
      this.#wake.push(done)
    })
  }

  #reset(): boolean {
    const wasSet = this.#isSet
    this.#isSet = false
    return wasSet
  }
}
