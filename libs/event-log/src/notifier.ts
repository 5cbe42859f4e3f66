/** Wakes everybody who waits. A notice that comes while nobody waits is kept for the next waiter. */
export class Notifier {
  #noticed = false
  #wake: (() => void)[] = []

  notify(): void {
    const waiting = this.#wake.splice(0)
    this.#noticed = waiting.length === 0
    for (const wake of waiting) wake()
  }

  /** Resolves at the next notice, at the abort, or after `timeoutMs`, with whether there was a notice; never rejects. */
  wait(signal: AbortSignal, timeoutMs?: number): Promise<boolean> {
    if (this.#noticed || signal.aborted) return Promise.resolve(this.#takeNotice())
    return new Promise((resolve) => {
      const end = (noticed: boolean) => {
        clearTimeout(timer)
        signal.removeEventListener('abort', giveUp)
        resolve(noticed)
      }
      const wake = () => end(true)
      const giveUp = () => {
        this.#wake = this.#wake.filter((other) => other !== wake)
        end(false)
      }
      const timer = timeoutMs === undefined ? undefined : setTimeout(giveUp, timeoutMs)
      signal.addEventListener('abort', giveUp, { once: true })
      this.#wake.push(wake)
    })
  }

  #takeNotice(): boolean {
    const noticed = this.#noticed
    this.#noticed = false
    return noticed
  }
}
