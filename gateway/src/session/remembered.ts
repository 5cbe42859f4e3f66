/** What is known until it ends, the newest so many. */
export class Remembered<V extends { readonly expiresAt: number }> {
  readonly #kept = new Map<string, V>()

  constructor(private readonly most: number) {}

  /** `now` in Unix ms, as `expiresAt`. */
  get(key: string, now: number): V | undefined {
    const value = this.#kept.get(key)
    return value && value.expiresAt > now ? value : undefined
  }

  set(key: string, value: V, now: number): void {
    this.#kept.set(key, value)
    // The oldest first: what lives equally long ends in the order in which it came.
    for (const [old, { expiresAt }] of this.#kept) {
      if (this.#kept.size <= this.most && expiresAt > now) return
      this.#kept.delete(old)
    }
  }
}
