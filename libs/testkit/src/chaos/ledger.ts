/** A message that a member has seen, with its position in the group's lane: the commit's sequence and its index in the commit. */
export interface Heard {
  readonly id: string
  readonly seq: number
  readonly index: number
}

/** A commit as received over a socket. */
export interface Arrival {
  readonly lane: string
  readonly seq: number
}

/** What one member has received of one group. */
export interface Received {
  /** Messages as the member sees them: each once, sorted. */
  readonly shown: readonly Heard[]
  /** Commits in the order in which the member's sockets received them, one after another; nothing is omitted or sorted. */
  readonly arrivals: readonly Arrival[]
}

export interface Verdict {
  /** Acknowledged messages. */
  readonly acknowledged: number
  /** Expected deliveries: every acknowledged message to every member. */
  readonly owed: number
  /** Acknowledged messages that a member never received: `<member> <message>`. */
  readonly lost: readonly string[]
  /** Commits received twice by a member: `<member> <lane> <sequence>`; messages shown twice: `<member> <message>`. */
  readonly doubled: readonly string[]
  /** Commits received after a later one of their lane: `<member> <lane> <sequence> after <sequence>`; members whose order differs from the first one's. */
  readonly disordered: readonly string[]
}

/** What was promised to whom: every message that the server has acknowledged, to the members of its group. */
export class Ledger {
  readonly #acknowledged = new Map<string, Set<string>>()

  acknowledge(groupId: string, messageId: string): void {
    this.#acknowledged.set(groupId, (this.#acknowledged.get(groupId) ?? new Set()).add(messageId))
  }

  /** Acknowledged messages of all groups. */
  get size(): number {
    return [...this.#acknowledged.values()].reduce((sum, ids) => sum + ids.size, 0)
  }

  /** Acknowledged messages of a group that a member lacks. */
  missing(groupId: string, shown: readonly Heard[]): readonly string[] {
    const ids = new Set(shown.map(({ id }) => id))
    return [...(this.#acknowledged.get(groupId) ?? [])].filter((id) => !ids.has(id))
  }

  /** `received`: by group and member. */
  verdict(received: ReadonlyMap<string, ReadonlyMap<string, Received>>): Verdict {
    const verdict = { lost: [] as string[], doubled: [] as string[], disordered: [] as string[] }
    let owed = 0
    for (const [groupId, members] of received) {
      const [first] = members.values()
      const expected = first?.shown.map(({ id }) => id).join()
      for (const [member, { shown, arrivals }] of members) {
        owed += this.#acknowledged.get(groupId)?.size ?? 0
        verdict.lost.push(...this.missing(groupId, shown).map((id) => `${member} ${id}`))
        const { doubled, disordered } = judge(arrivals)
        verdict.doubled.push(...[...doubled, ...shownTwice(shown)].map((what) => `${member} ${what}`))
        verdict.disordered.push(...disordered.map((what) => `${member} ${what}`))
        const isOther = isBackwards(shown) || shown.map(({ id }) => id).join() !== expected
        if (isOther) verdict.disordered.push(`${member} in ${groupId}`)
      }
    }
    return { acknowledged: this.size, owed, ...verdict }
  }
}

/** Within a lane sequences only increase, over all connections of a member: each continues where the previous one ended. */
function judge(arrivals: readonly Arrival[]): Pick<Verdict, 'doubled' | 'disordered'> {
  const heads = new Map<string, number>()
  const came = new Set<string>()
  const doubled: string[] = []
  const disordered: string[] = []
  for (const { lane, seq } of arrivals) {
    const head = heads.get(lane) ?? 0
    const commit = `${lane} ${seq}`
    if (came.has(commit)) doubled.push(commit)
    else if (seq < head) disordered.push(`${commit} after ${head}`)
    came.add(commit)
    heads.set(lane, Math.max(head, seq))
  }
  return { doubled, disordered }
}

const shownTwice = (shown: readonly Heard[]): string[] =>
  shown.map(({ id }) => id).filter((id, i, ids) => ids.indexOf(id) !== i)

const isBackwards = (shown: readonly Heard[]): boolean =>
  shown.some(({ seq, index }, i) => {
    const before = shown[i - 1]
    return before !== undefined && (before.seq > seq || (before.seq === seq && before.index >= index))
  })
