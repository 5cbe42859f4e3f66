/**
 * Coalesces concurrent requests for the same key into one call. A caller only ever gets an answer to a call that began after it asked:
 * callers that arrive while a call is in flight share the next one, so that no answer is older than its question.
 */
export class Coalescer<T> {
  readonly #next = new Map<string, Promise<T>>()
  readonly #inFlight = new Map<string, Promise<unknown>>()

  constructor(private readonly call: (key: string) => Promise<T>) {}

  get(key: string): Promise<T> {
    const waiting = this.#next.get(key)
    if (waiting !== undefined) return waiting
    const begin = () => {
      this.#next.delete(key)
      const answer = this.call(key)
      // The callers get the error; here only the end counts.
      const settled = answer.then(
        () => undefined,
        // Also when it has failed.
        () => undefined,
      )
      this.#inFlight.set(key, settled)
      void settled.then(() => {
        if (this.#inFlight.get(key) === settled) this.#inFlight.delete(key)
      })
      return answer
    }
    const inFlight = this.#inFlight.get(key)
    if (inFlight === undefined) return begin()
    const next = inFlight.then(begin)
    this.#next.set(key, next)
    return next
  }
}
