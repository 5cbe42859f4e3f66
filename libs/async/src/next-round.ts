/**
 * One question for all who ask at the same time. An answer is only good for those who asked before the question went out:
 * who comes while it is under way shares the next one. So an answer is never older than its asking.
 */
export class NextRound<T> {
  readonly #next = new Map<string, Promise<T>>()
  readonly #running = new Map<string, Promise<unknown>>()

  constructor(private readonly ask: (key: string) => Promise<T>) {}

  get(key: string): Promise<T> {
    const waiting = this.#next.get(key)
    if (waiting !== undefined) return waiting
    const begin = () => {
      this.#next.delete(key)
      const asked = this.ask(key)
      const ended = asked.then(
        () => undefined,
        () => undefined,
      )
      this.#running.set(key, ended)
      void ended.then(() => {
        if (this.#running.get(key) === ended) this.#running.delete(key)
      })
      return asked
    }
    const running = this.#running.get(key)
    if (running === undefined) return begin()
    const next = running.then(begin)
    this.#next.set(key, next)
    return next
  }
}
