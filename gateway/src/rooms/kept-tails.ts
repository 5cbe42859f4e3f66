/** Tails that are kept, the oldest first, with their bytes. When there are too many bytes, the oldest are dropped. */
export class KeptTails<Tail> {
  readonly #kept = new Map<Tail, { bytes: number; readonly drop: () => void }>()
  #bytes = 0

  constructor(private readonly maxBytes: number) {}

  /** Keeps a tail, or gives a kept one its new size. `drop` is called when it has to make room for others. */
  keep(tail: Tail, bytes: number, drop: () => void): void {
    this.forget(tail)
    this.#kept.set(tail, { bytes, drop })
    this.#bytes += bytes
    for (const [oldest, kept] of this.#kept) {
      if (this.#bytes <= this.maxBytes) return
      this.forget(oldest)
      kept.drop()
    }
  }

  forget(tail: Tail): void {
    this.#bytes -= this.#kept.get(tail)?.bytes ?? 0
    this.#kept.delete(tail)
  }
}
