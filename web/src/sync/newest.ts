/**
 * A value that is fetched as a whole, and also changed by events and by commands of this window. A response that a change has overtaken
 * is not used, because it may lack the change: the value is fetched again. In the end `take` has received the newest.
 */
export class Newest<T> {
  /** Number of changes that have become known. */
  #changes = 0
  #running: Promise<void> | undefined
  #isStale = false

  constructor(
    private readonly fetch: () => Promise<T>,
    private readonly take: (value: T) => void,
  ) {}

  /** An event brings the value after a change. */
  changed(value: T): void {
    this.#changes++
    this.take(value)
  }

  /** Fetches the value. A call during a fetch starts another after it. Rejects as `fetch` does. */
  load(): Promise<void> {
    this.#isStale = true
    this.#running ??= this.#loadAll().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  /** Sends a command whose response brings the value after it. Rejects as the command does. */
  async command<A>(send: () => Promise<A>, inAnswer: (answer: A) => T): Promise<void> {
    const before = this.#changes
    const answer = await send()
    const isOvertaken = this.#changes !== before
    this.#changes++
    if (isOvertaken) await this.load()
    else this.take(inAnswer(answer))
  }

  async #loadAll(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false
      const before = this.#changes
      const value = await this.fetch()
      if (this.#changes === before) this.take(value)
      else this.#isStale = true
    }
  }
}
