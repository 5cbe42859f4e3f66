/** Asks a subscription for what it need not have delivered yet. What is asked before somebody listens is kept. */
export class Wake {
  #asked = false
  #listener: () => void = () => undefined

  ask(): void {
    this.#asked = true
    this.#listener()
  }

  /** Whether somebody has asked since this was called last. */
  take(): boolean {
    const asked = this.#asked
    this.#asked = false
    return asked
  }

  /** For the one subscription: hears that it was asked. */
  onAsk(listener: () => void): void {
    this.#listener = listener
  }
}
