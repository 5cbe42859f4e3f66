/** Items of one commit. More would make every reader wait for a larger piece. */
const MAX_ITEMS = 100
/** Bytes of one commit: a message of the log may have 1 MB. */
const MAX_BYTES = 256 * 1024

export interface GroupCommitDeps<Item, Accepted> {
  /** About how many bytes the item has in the log. */
  sizeOf(item: Item): number
  /**
   * Decides one item on the present view; throws to refuse it. `before` are the items accepted into the same commit
   * ahead of it, for rules between items.
   */
  decide(key: string, item: Item, before: readonly Accepted[]): Accepted
  /**
   * Appends what was accepted as one commit and resolves when the view has it; `conflict` means that what was decided on
   * has changed and the view has been brought past it: decide again.
   */
  append(key: string, accepted: readonly Accepted[]): Promise<'done' | 'conflict'>
}

interface Entry<Item, Accepted> {
  readonly item: Item
  readonly resolve: (accepted: Accepted) => void
  readonly reject: (error: unknown) => void
}

/**
 * Group commit: while one append of a key is under way, items that arrive gather for the next one. Under load many
 * items share one durable write; alone, an item goes at once.
 */
export class GroupCommit<Item, Accepted> {
  readonly #waiting = new Map<string, Entry<Item, Accepted>[]>()
  readonly #busy = new Set<string>()

  constructor(private readonly deps: GroupCommitDeps<Item, Accepted>) {}

  /** Resolves when the item is in the log and in the view; rejects with its refusal or the append's error. */
  submit(key: string, item: Item): Promise<Accepted> {
    return new Promise((resolve, reject) => {
      const waiting = this.#waiting.get(key) ?? []
      waiting.push({ item, resolve, reject })
      this.#waiting.set(key, waiting)
      if (!this.#busy.has(key)) void this.#drain(key)
    })
  }

  async #drain(key: string): Promise<void> {
    this.#busy.add(key)
    for (let batch = this.#take(key); batch.length > 0; batch = this.#take(key)) await this.#commit(key, batch)
    this.#busy.delete(key)
  }

  #take(key: string): Entry<Item, Accepted>[] {
    const waiting = this.#waiting.get(key) ?? []
    let bytes = 0
    const full = waiting.findIndex(({ item }, i) => {
      bytes += this.deps.sizeOf(item)
      return i >= MAX_ITEMS || (i > 0 && bytes > MAX_BYTES)
    })
    const batch = waiting.splice(0, full < 0 ? waiting.length : full)
    if (waiting.length === 0) this.#waiting.delete(key)
    return batch
  }

  async #commit(key: string, batch: readonly Entry<Item, Accepted>[]): Promise<void> {
    let open = batch
    try {
      for (;;) {
        const accepted: Accepted[] = []
        const kept: Entry<Item, Accepted>[] = []
        for (const entry of open) {
          try {
            accepted.push(this.deps.decide(key, entry.item, accepted))
            kept.push(entry)
          } catch (refusal) {
            entry.reject(refusal)
          }
        }
        open = kept
        if (accepted.length === 0) return
        if ((await this.deps.append(key, accepted)) === 'conflict') continue
        for (const [i, entry] of kept.entries()) entry.resolve(accepted[i] as Accepted)
        return
      }
    } catch (error) {
      for (const entry of open) entry.reject(error)
    }
  }
}
