/** Where a message stands in its group's lane: the commit's sequence, and its place in the commit. */
export interface Heard {
  readonly id: string
  readonly seq: number
  readonly index: number
}

export interface Verdict {
  readonly acknowledged: number
  /** Deliveries that were owed: every acknowledged message to every member. */
  readonly owed: number
  /** Acknowledged, and a member never heard it: `<member> <message>`. */
  readonly lost: readonly string[]
  /** Shown twice to a member. */
  readonly doubled: readonly string[]
  /** Members of a group who heard its messages in different orders. */
  readonly disordered: readonly string[]
}

/** What was promised, and to whom: every message that the server has acknowledged, and the members of every group. */
export class Ledger {
  readonly #acknowledged = new Map<string, Set<string>>()

  acknowledge(groupId: string, messageId: string): void {
    this.#acknowledged.set(groupId, (this.#acknowledged.get(groupId) ?? new Set()).add(messageId))
  }

  get size(): number {
    return [...this.#acknowledged.values()].reduce((sum, ids) => sum + ids.size, 0)
  }

  /** What a member has not heard yet of what was acknowledged in a group. */
  missing(groupId: string, heard: readonly Heard[]): readonly string[] {
    const ids = new Set(heard.map(({ id }) => id))
    return [...(this.#acknowledged.get(groupId) ?? [])].filter((id) => !ids.has(id))
  }

  /** `heardBy`: of each group, of each member, the messages shown, in the order they were shown. */
  verdict(heardBy: ReadonlyMap<string, ReadonlyMap<string, readonly Heard[]>>): Verdict {
    const lost: string[] = []
    const doubled: string[] = []
    const disordered: string[] = []
    let owed = 0
    for (const [groupId, members] of heardBy) {
      const [first] = members.values()
      const expected = first?.map(({ id }) => id).join()
      for (const [member, heard] of members) {
        owed += this.#acknowledged.get(groupId)?.size ?? 0
        lost.push(...this.missing(groupId, heard).map((id) => `${member} ${id}`))
        const seen = new Set<string>()
        for (const { id } of heard) {
          if (seen.has(id)) doubled.push(`${member} ${id}`)
          seen.add(id)
        }
        const backwards = heard.some(({ seq, index }, i) => {
          const before = heard[i - 1]
          return before && (before.seq > seq || (before.seq === seq && before.index >= index))
        })
        if (backwards || heard.map(({ id }) => id).join() !== expected) disordered.push(`${member} in ${groupId}`)
      }
    }
    return { acknowledged: this.size, owed, lost, doubled, disordered }
  }
}
