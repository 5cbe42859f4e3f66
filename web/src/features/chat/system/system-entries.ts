import type { SystemEvent } from '@beseda/proto/history/v1/history_service'
import type { Event } from '@beseda/proto/log/v1/commit'
import { isSystemEvent } from '@beseda/rules/audit'
import { msOf } from '../../../sync/model/convert.js'
import type { LaneCommit } from '../../../sync/model/fold.js'

/** Something that happened to the group, as the conversation shows it between its messages. */
export interface SystemEntry {
  readonly id: string
  readonly seq: number
  /** Among the events of its commit. */
  readonly index: number
  /** Unix ms. */
  readonly at: number
  readonly event: Event
}

/** What happened between the same two messages. */
export interface SystemGroup {
  readonly id: string
  readonly seq: number
  /** Unix ms. */
  readonly startedAt: number
  readonly entries: readonly SystemEntry[]
}

const entry = (event: Event, seq: number, index: number, at: number): SystemEntry => ({
  id: `${seq}.${index}`,
  seq,
  index,
  at,
  event,
})

export const entriesOf = (events: readonly SystemEvent[]): readonly SystemEntry[] =>
  events.flatMap(({ event, seq, index, time }) => (event ? [entry(event, Number(seq), index, msOf(time))] : []))

/** The entries after a commit; the same list when it has nothing to show. */
export function afterCommit(entries: readonly SystemEntry[], { seq, commit }: LaneCommit): readonly SystemEntry[] {
  const found = commit.events.flatMap((event, index) =>
    isSystemEvent(event) ? [entry(event, seq, index, msOf(commit.time))] : [],
  )
  return found.length === 0 ? entries : merged(found, entries)
}

/** In order, each once. */
export function merged(page: readonly SystemEntry[], known: readonly SystemEntry[]): readonly SystemEntry[] {
  const byId = new Map([...page, ...known].map((one) => [one.id, one]))
  return [...byId.values()].sort((a, b) => a.seq - b.seq || a.index - b.index)
}

const dayOf = (ms: number): string => new Date(ms).toDateString()

/**
 * Puts together what no message and nothing else separates, day by day. `others`: sequences of what separates, ascending. A group that
 * is as it was in `before` stays the same object, so that it is not rendered again.
 */
export function together(
  entries: readonly SystemEntry[],
  others: readonly number[],
  before: readonly SystemGroup[] = [],
): readonly SystemGroup[] {
  const former = new Map(before.map((group) => [group.id, group]))
  const runs: SystemEntry[][] = []
  for (const one of entries) {
    const last = runs.at(-1)?.at(-1)
    const joins = last && dayOf(last.at) === dayOf(one.at) && countUpTo(others, last.seq) === countUpTo(others, one.seq)
    if (joins) runs.at(-1)?.push(one)
    else runs.push([one])
  }
  return runs.map((run) => {
    const [first] = run as [SystemEntry]
    const known = former.get(first.id)
    const same = known?.entries.length === run.length && known.entries.every((one, i) => one === run[i])
    return same ? known : { id: first.id, seq: first.seq, startedAt: first.at, entries: run }
  })
}

/** How many of these ascending numbers are at most `limit`. */
function countUpTo(numbers: readonly number[], limit: number): number {
  let [from, to] = [0, numbers.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if ((numbers[middle] ?? 0) <= limit) from = middle + 1
    else to = middle
  }
  return from
}

export interface SystemCounts {
  /** People who came, by themselves or added. */
  readonly joined: number
  /** People who went, by themselves or removed. */
  readonly left: number
  readonly other: number
}

export function countsOf(entries: readonly SystemEntry[]): SystemCounts {
  const counts = { joined: 0, left: 0, other: 0 }
  for (const { event } of entries) {
    switch (event.body.case) {
      case 'membersAdded':
        counts.joined += event.body.value.userIds.length
        break
      case 'memberJoined':
        counts.joined++
        break
      case 'memberLeft':
      case 'memberRemoved':
      case 'memberBanned':
        counts.left++
        break
      default:
        counts.other++
    }
  }
  return counts
}
