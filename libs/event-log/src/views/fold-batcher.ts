import { bytesOf } from '../codec.js'
import type { StoredCommit } from '../port.js'

/** Commits of one stream, in its order. */
export interface StreamBatch {
  readonly stream: string
  readonly epoch: string
  readonly commits: readonly StoredCommit[]
}

interface Waiting {
  readonly batch: StreamBatch
  readonly resolve: () => void
  readonly reject: (error: unknown) => void
}

/** Commits in one transaction, unless a single batch has more. More: a rebuild leaves no time for health checks. */
const MAX_COMMITS = 500
/** Bytes in one transaction, unless a single batch has more: a commit has up to a hundred events. */
const MAX_BYTES = 1024 * 1024

/**
 * Folds the batches that all streams bring in one turn of the event loop in one transaction: to end a transaction (its pages, and
 * those of the full-text index) costs as much as to fold ten messages.
 */
export class FoldBatcher {
  #waiting: Waiting[] = []

  /** `fold` folds all batches, or throws and folds none. `held`: undefined when it may, otherwise when it may. */
  constructor(
    private readonly fold: (batches: readonly StreamBatch[]) => void,
    private readonly held: () => Promise<void> | undefined = () => undefined,
  ) {}

  /** Resolves when the batch is in the view. */
  add(batch: StreamBatch): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ batch, resolve, reject })
      if (this.#waiting.length === 1) setImmediate(() => this.#fold())
    })
  }

  #fold(): void {
    const held = this.held()
    if (held !== undefined) {
      void held.then(() => this.#fold())
      return
    }
    const taken = this.#take()
    if (this.#waiting.length > 0) setImmediate(() => this.#fold())
    try {
      this.fold(taken.map(({ batch }) => batch))
      for (const { resolve } of taken) resolve()
    } catch (error) {
      for (const { reject } of taken) reject(error)
    }
  }

  /** Whole batches, as many as fit into one transaction. */
  #take(): Waiting[] {
    let [commits, bytes] = [0, 0]
    const full = this.#waiting.findIndex(({ batch }, i) => {
      commits += batch.commits.length
      bytes += bytesOf(batch.commits)
      return i > 0 && (commits > MAX_COMMITS || bytes > MAX_BYTES)
    })
    return this.#waiting.splice(0, full < 0 ? this.#waiting.length : full)
  }
}
