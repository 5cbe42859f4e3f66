/** A map whose entries expire and which keeps at most `limit` of them; the oldest are dropped first. */
export class ExpiringMap<V extends { readonly expiresAt: number }> {
  readonly #entries = new Map<string, V>()

  constructor(private readonly limit: number) {}

  /** `now` in Unix ms, as `expiresAt`. Undefined for an entry that has expired. */
  get(key: string, now: number): V | undefined {
    const value = this.#entries.get(key)
    return value && value.expiresAt > now ? value : undefined
  }

  set(key: string, value: V, now: number): void {
    this.#entries.set(key, value)
    // Entries with the same lifetime expire in the order of insertion, so the scan ends at the first one that stays.
    for (const [oldest, { expiresAt }] of this.#entries) {
      if (this.#entries.size <= this.limit && expiresAt > now) return
      this.#entries.delete(oldest)
    }
  }
}
