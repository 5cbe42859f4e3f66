/**
 * What events have told since a request was sent: of these keys the response may be older than what is known, and is not used. Events are
 * complete: each carries the whole value of its key.
 */
export class Overtaken<K> {
  #now = 0
  readonly #toldAt = new Map<K, number>()

  /** An event has told the value of a key. */
  told(key: K): void {
    this.#toldAt.set(key, ++this.#now)
  }

  /** Called when a request is sent. The result tells, of its response, whether the value of a key is out of date. */
  asked(): (key: K) => boolean {
    const sentAt = this.#now
    return (key) => (this.#toldAt.get(key) ?? 0) > sentAt
  }
}
