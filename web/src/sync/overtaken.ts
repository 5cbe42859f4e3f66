/**
 * What events have changed since a request was sent: for these keys the response may be older than what is known, and is not used. Events are
 * complete: each carries the whole value of its key.
 */
export class Overtaken<K> {
  #now = 0
  readonly #changedAt = new Map<K, number>()

  /** An event has brought the value of a key. */
  changed(key: K): void {
    this.#changedAt.set(key, ++this.#now)
  }

  /** Called when a request is sent. The result tells, of its response, whether the value of a key is out of date. */
  asked(): (key: K) => boolean {
    const sentAt = this.#now
    return (key) => (this.#changedAt.get(key) ?? 0) > sentAt
  }
}
