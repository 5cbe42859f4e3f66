/** Walks a collection that changes meanwhile, some members at a time; after the last one it starts again. */
export class RoundRobin<T> {
  #rest: Iterator<T>

  constructor(private readonly all: () => Iterator<T>) {
    this.#rest = all()
  }

  /** `count` members, the same one more than once when there are fewer; none when the collection is empty. */
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

/** Spreads work over ticks: every member is due once in `ticks` ticks, at least `least` of them at a time, or all. */
export class EvenShare {
  #owed = 0

  constructor(
    private readonly ticks: number,
    private readonly least: number,
  ) {}

  /** How many of `size` members are due at this tick. */
  tick(size: number): number {
    // The shares add up to slightly less than the whole because of rounding.
    this.#owed = Math.min(size, this.#owed + size / this.ticks + 1e-9)
    if (this.#owed < Math.min(this.least, size)) return 0
    const due = Math.floor(this.#owed)
    this.#owed -= due
    return due
  }
}
