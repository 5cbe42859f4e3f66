/** A map that keeps at most `limit` entries: setting one more drops the entry that was set longest ago. */
export class BoundedMap<K, V> {
  readonly #entries = new Map<K, V>()

  /** `onDrop` is called for a dropped entry, to release what it holds; not for a deleted or replaced one. */
  constructor(
    private readonly limit: number,
    private readonly onDrop?: (value: V, key: K) => void,
  ) {}

  get size(): number {
    return this.#entries.size
  }

  has(key: K): boolean {
    return this.#entries.has(key)
  }

  get(key: K): V | undefined {
    return this.#entries.get(key)
  }

  /** The entry becomes the newest one. */
  set(key: K, value: V): void {
    this.#entries.delete(key)
    this.#entries.set(key, value)
    if (this.#entries.size <= this.limit) return
    for (const [oldest, dropped] of this.#entries) {
      this.#entries.delete(oldest)
      this.onDrop?.(dropped, oldest)
      return
    }
  }

  delete(key: K): boolean {
    return this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }
}
