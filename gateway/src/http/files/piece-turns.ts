import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'

/** Of one person. More: one who sends slowly holds the memory of many; fewer: a piece that is sent again waits for the one that hangs. */
const OF_A_PERSON = 2
/** Of everybody. More: memory that the sockets need; fewer: recordings wait for one another. */
const OF_ALL = 24
const RETRY_AFTER_MS = 1_000

/** Bounds how many pieces of recordings are in memory at once: each is there as a whole, for as long as its sender takes. */
export class PieceTurns {
  readonly #open = new Map<string, number>()
  #all = 0

  /** Errors: RATE_LIMITED when too many are open, and those of the work. */
  async during<T>(userId: string, work: () => Promise<T>): Promise<T> {
    const own = this.#open.get(userId) ?? 0
    if (own >= OF_A_PERSON || this.#all >= OF_ALL) throw new Refusal(ErrorReason.RATE_LIMITED, {}, RETRY_AFTER_MS)
    this.#open.set(userId, own + 1)
    this.#all++
    try {
      return await work()
    } finally {
      this.#all--
      const left = (this.#open.get(userId) ?? 1) - 1
      if (left > 0) this.#open.set(userId, left)
      else this.#open.delete(userId)
    }
  }
}
