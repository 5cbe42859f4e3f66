/** Everybody in turn, some at a time, of a collection that changes meanwhile; after the last comes the first. */
export class Turns<T> {
  #rest: Iterator<T>

  constructor(private readonly all: () => Iterator<T>) {
    this.#rest = all()
  }

  /** Fewer only when there is nobody. */
  next(count: number): T[] {
    const found: T[] = []
    while (found.length < count) {
      let turn = this.#rest.next()
      if (turn.done) {
        this.#rest = this.all()
        turn = this.#rest.next()
      }
      if (turn.done) break
      found.push(turn.value)
    }
    return found
  }
}

/** How many are due at each tick, so that everybody is once in `ticks` of them: `least` at a time, or all. */
export class Share {
  #owed = 0

  constructor(
    private readonly ticks: number,
    private readonly least: number,
  ) {}

  tick(size: number): number {
    // Sums of shares fall short of the whole by a rounding.
    this.#owed = Math.min(size, this.#owed + size / this.ticks + 1e-9)
    if (this.#owed < Math.min(this.least, size)) return 0
    const due = Math.floor(this.#owed)
    this.#owed -= due
    return due
  }
}
