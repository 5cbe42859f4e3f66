/**
 * How many may do something costly at once; the others wait in line. A gateway that thousands come to at the same moment
 * brings them up a few at a time, and what is live goes on meanwhile.
 */
export class Admission {
  #inside = 0
  readonly #line = new Set<() => void>()

  /** `line`: who comes when so many wait already is turned away. */
  constructor(private readonly limits: { readonly inside: number; readonly line: number }) {}

  get waiting(): number {
    return this.#line.size
  }

  get full(): boolean {
    return this.#line.size >= this.limits.line
  }

  /** Does the work in its turn. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#inside < this.limits.inside) this.#inside++
    // Whoever leaves hands the place over: it is never free while somebody waits.
    else await new Promise<void>((resolve) => this.#line.add(resolve))
    try {
      return await work()
    } finally {
      const [next] = this.#line
      if (next) {
        this.#line.delete(next)
        next()
      } else this.#inside--
    }
  }
}
