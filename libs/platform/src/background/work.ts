/** Rounds of work, one at a time. A round that is asked for while one runs follows it. A failed round is reported only. */
export class BackgroundWork {
  #running: Promise<void> | undefined
  #again = false
  #stopped = false
  #timer: ReturnType<typeof setInterval> | undefined

  constructor(
    private readonly round: () => Promise<unknown>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  run(): void {
    this.#again = true
    if (!this.#stopped) this.#running ??= this.#work()
  }

  every(ms: number): void {
    if (!this.#stopped) this.#timer = setInterval(() => this.run(), ms)
  }

  /** Resolves when the running round has ended. */
  async stop(): Promise<void> {
    this.#stopped = true
    clearInterval(this.#timer)
    await this.#running
  }

  async #work(): Promise<void> {
    while (this.#again && !this.#stopped) {
      this.#again = false
      await this.round().catch(this.onFailure)
    }
    this.#running = undefined
  }
}
