import type { GatherParts } from '../rooms/gather.js'

/**
 * The clock of a gather. A second passes whenever somebody looks, so that no gateway is ever busy; once it stands, time passes only when a test
 * says so.
 */
export class Windows {
  #ms = 0
  #stands = false
  #ends: { readonly at: number; readonly work: () => void } | undefined
  readonly parts: Pick<GatherParts, 'now' | 'after'> = {
    now: () => {
      if (!this.#stands) this.#ms += 1_000
      return this.#ms
    },
    after: (ms, work) => {
      this.#ends = { at: this.#ms + ms, work }
    },
  }

  stand(): void {
    this.#stands = true
  }

  /** Something waits for the end of the window. */
  get open(): boolean {
    return this.#ends !== undefined
  }

  /** Milliseconds until the window ends. */
  get left(): number {
    return this.#ends ? this.#ends.at - this.#ms : 0
  }

  /** The window ends, if one is open. */
  end(): void {
    const ends = this.#ends
    this.#ends = undefined
    if (!ends) return
    if (ends.at > this.#ms) this.#ms = ends.at
    ends.work()
  }

  /** Time passes in which nothing happens. */
  pass(ms: number): void {
    this.#ms += ms
  }
}
