import type { LaneHeads } from '@beseda/client-protocol'

type Heads = ReadonlyMap<string, LaneHeads>

/**
 * Where groups stand, asked for together: whose rooms open while a question is under way share the next one. In a storm
 * thousands of rooms open at once. An answer is never older than its asking.
 */
export class HeadRounds {
  #next: { readonly groupIds: string[]; readonly heads: Promise<Heads> } | undefined
  #running: Promise<unknown> = Promise.resolve()

  constructor(private readonly read: (groupIds: readonly string[]) => Promise<Heads>) {}

  /** The answer has these groups, and those of others. */
  heads(groupIds: readonly string[]): Promise<Heads> {
    this.#next ??= this.#gather()
    for (const groupId of groupIds) this.#next.groupIds.push(groupId)
    return this.#next.heads
  }

  #gather() {
    const groupIds: string[] = []
    const heads = this.#running.then(() => {
      this.#next = undefined
      return this.read(groupIds)
    })
    this.#running = heads.catch(() => undefined)
    return { groupIds, heads }
  }
}
