import type { StoredCommit } from './port.js'

/** Commits of one stream, in its order. */
export interface Piece {
  readonly stream: string
  readonly epoch: string
  readonly commits: readonly StoredCommit[]
}

interface Waiting {
  readonly piece: Piece
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Commits of one transaction, unless one piece alone has more. More: a rebuild leaves no time for health checks. */
const MAX_COMMITS = 500

/**
 * Folds what all streams bring in one turn of the event loop in one transaction: ending one (its pages, and those of the full-text index)
 * costs as much as ten messages in it.
 */
export class FoldRound {
  #waiting: Waiting[] = []

  /** `fold`: all of it, or it throws. */
  constructor(private readonly fold: (pieces: readonly Piece[]) => void) {}

  /** Resolves when the piece is in the view. */
  add(piece: Piece): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ piece, resolve, reject })
      if (this.#waiting.length === 1) setImmediate(() => this.#run())
    })
  }

  #run(): void {
    let commits = 0
    const full = this.#waiting.findIndex(({ piece }, i) => {
      commits += piece.commits.length
      return i > 0 && commits > MAX_COMMITS
    })
    const round = this.#waiting.splice(0, full < 0 ? this.#waiting.length : full)
    if (this.#waiting.length > 0) setImmediate(() => this.#run())
    try {
      this.fold(round.map(({ piece }) => piece))
      for (const { resolve } of round) resolve()
    } catch (error) {
      for (const { reject } of round) reject(error)
    }
  }
}
