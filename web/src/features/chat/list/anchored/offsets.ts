/**
 * Offsets of the rows of a long list. Heights are kept by key, so that a row keeps its height wherever it moves; a row
 * that was never measured counts as `estimate`. Sums are computed as far as needed, and stay valid up to the first change.
 */
export class RowOffsets {
  readonly #heights = new Map<string, number>()
  #keys: readonly string[] = []
  /** `tops[i]`: sum of the heights before row i. */
  #tops = new Float64Array(1024)
  /** `tops` is valid up to this index. */
  #known = 0

  constructor(private readonly estimate: number) {}

  get count(): number {
    return this.#keys.length
  }

  keyAt(index: number): string | undefined {
    return this.#keys[index]
  }

  /** -1: there is no such row. `near`: where it probably is. */
  indexOf(key: string, near: { readonly start: number; readonly end: number } = { start: 0, end: 0 }): number {
    for (let i = near.start; i < near.end; i++) if (this.#keys[i] === key) return i
    return this.#keys.indexOf(key)
  }

  get total(): number {
    return this.topOf(this.#keys.length)
  }

  setKeys(keys: readonly string[]): void {
    const before = this.#keys
    let same = 0
    const most = Math.min(before.length, keys.length, this.#known)
    while (same < most && before[same] === keys[same]) same++
    this.#known = same
    this.#keys = keys
    if (keys.length < this.#tops.length) return
    const tops = new Float64Array(keys.length * 2)
    tops.set(this.#tops.subarray(0, same + 1))
    this.#tops = tops
  }

  /** True when the height has changed. */
  measure(index: number, height: number): boolean {
    const key = this.#keys[index]
    if (key === undefined || this.#heights.get(key) === height) return false
    this.#heights.set(key, height)
    this.#known = Math.min(this.#known, index)
    return true
  }

  heightOf(index: number): number {
    return this.#heights.get(this.#keys[index] ?? '') ?? this.estimate
  }

  topOf(index: number): number {
    const tops = this.#tops
    for (let i = this.#known; i < index; i++) tops[i + 1] = (tops[i] ?? 0) + this.heightOf(i)
    this.#known = Math.max(this.#known, index)
    return tops[index] ?? 0
  }

  /** The row at an offset: the last one that begins at or above it. */
  indexAt(y: number): number {
    this.topOf(this.#keys.length)
    let [low, high] = [0, Math.max(0, this.#keys.length - 1)]
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#tops[middle] ?? 0) <= y) low = middle
      else high = middle - 1
    }
    return low
  }
}
