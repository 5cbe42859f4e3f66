import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { MAX_CONFLICTS } from './command.js'
import { confirmRefusals, type ViewScope } from './views/freshness.js'

/** Items in one commit. More: readers wait for larger pieces; fewer: less shared by a burst. */
const MAX_ITEMS = 100
/** Bytes in one commit. The log takes at most 1 MB for one. */
const MAX_BYTES = 256 * 1024

export interface GroupCommitDeps<Item, Accepted> {
  /** What decisions of this key read: a refused item is decided again once the view has caught up with it. */
  scope(key: string): ViewScope
  /** Estimate of the item's bytes in the log. */
  sizeOf(item: Item): number
  /**
   * Decides one item on the view as it is now; throws a Refusal. `before`: the items accepted into the same commit before it,
   * for rules between items.
   */
  decide(key: string, item: Item, before: readonly Accepted[]): Accepted
  /** Whether the item can share a commit with those before it; one that cannot goes into the next. Default: any can. */
  fits?(item: Accepted, before: readonly Accepted[]): boolean
  /**
   * Appends the accepted items as one commit and resolves when the view has folded it. `conflict`: something that was decided on
   * has changed, and the view has caught up with the change; the items are decided again.
   */
  append(key: string, accepted: readonly Accepted[]): Promise<'done' | 'conflict'>
}

/** The outcome of an item whose commit had too many conflicts. */
const CONTENDED = Symbol('contended')

interface Entry<Item, Accepted> {
  readonly item: Item
  readonly resolve: (outcome: Accepted | typeof CONTENDED) => void
  readonly reject: (error: unknown) => void
}

/**
 * Group commit: items that arrive while an append of their key is in flight are collected for the next one. Under load many items
 * share one durable write; a single item is written at once.
 */
export class GroupCommit<Item, Accepted> {
  readonly #waiting = new Map<string, Entry<Item, Accepted>[]>()
  readonly #busy = new Set<string>()

  constructor(private readonly deps: GroupCommitDeps<Item, Accepted>) {}

  /**
   * Resolves when the item is in the log and in the view. Errors: the refusal of `decide`, confirmed on a view that has caught up;
   * CONTENTION after MAX_CONFLICTS conflicts in a row; what `append` throws; the reason of the signal. An item that waits when the
   * signal aborts is not written; one whose append is in flight may be.
   */
  async submit(key: string, item: Item, signal?: AbortSignal): Promise<Accepted> {
    const outcome = await confirmRefusals({ ...this.deps.scope(key), signal }, () => this.#enqueue(key, item, signal))
    if (outcome === CONTENDED) throw new Refusal(ErrorReason.CONTENTION)
    return outcome
  }

  async #enqueue(key: string, item: Item, signal: AbortSignal | undefined): Promise<Accepted | typeof CONTENDED> {
    signal?.throwIfAborted()
    const { promise, resolve, reject } = Promise.withResolvers<Accepted | typeof CONTENDED>()
    const entry = { item, resolve, reject }
    const giveUp = () => {
      this.#withdraw(key, entry)
      reject(signal?.reason)
    }
    signal?.addEventListener('abort', giveUp, { once: true })
    const waiting = this.#waiting.get(key)
    if (waiting) waiting.push(entry)
    else this.#waiting.set(key, [entry])
    if (!this.#busy.has(key)) void this.#drain(key)
    try {
      return await promise
    } finally {
      signal?.removeEventListener('abort', giveUp)
    }
  }

  #withdraw(key: string, entry: Entry<Item, Accepted>): void {
    const waiting = this.#waiting.get(key)?.filter((other) => other !== entry) ?? []
    if (waiting.length > 0) this.#waiting.set(key, waiting)
    else this.#waiting.delete(key)
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
      for (let conflicts = 0; conflicts < MAX_CONFLICTS; conflicts++) {
        const { kept, accepted, later } = this.#decide(key, open)
        if (later.length > 0) this.#waiting.set(key, [...later, ...(this.#waiting.get(key) ?? [])])
        open = kept
        if (accepted.length === 0) return
        if ((await this.deps.append(key, accepted)) === 'conflict') continue
        for (const [i, entry] of kept.entries()) entry.resolve(accepted[i] as Accepted)
        return
      }
      for (const entry of open) entry.resolve(CONTENDED)
    } catch (error) {
      for (const entry of open) entry.reject(error)
    }
  }

  /** Rejects the items that are refused; keeps the others, each with what was accepted of it. */
  #decide(key: string, open: readonly Entry<Item, Accepted>[]) {
    const accepted: Accepted[] = []
    const kept: Entry<Item, Accepted>[] = []
    const later: Entry<Item, Accepted>[] = []
    for (const entry of open) {
      try {
        const decided = this.deps.decide(key, entry.item, accepted)
        if (this.deps.fits?.(decided, accepted) === false) later.push(entry)
        else {
          accepted.push(decided)
          kept.push(entry)
        }
      } catch (refusal) {
        entry.reject(refusal)
      }
    }
    return { kept, accepted, later }
  }
}
