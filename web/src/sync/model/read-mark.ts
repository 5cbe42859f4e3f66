import { COUNTED, type Position, type ReadMark, type ThreadRead } from './model.js'

/** Beyond every index: the whole commit is read. */
export const LAST_INDEX = 0xffff

export const isAfter = (one: Position, other: Position): boolean =>
  one.seq > other.seq || (one.seq === other.seq && one.index > other.index)

/** The person has something to read in the main line, or has marked it so. */
export const isUnread = ({ unread, markedUnread }: Pick<ReadMark, 'unread' | 'markedUnread'>): boolean =>
  unread > 0 || markedUnread

/** How far a line is read: a thread, or (empty) the main line. */
export function readTo(read: ReadMark, threadId: string): Position {
  if (threadId === '') return read
  const own = read.threads.find(({ id }) => id === threadId)
  return own && isAfter(own, read.threadsTo) ? own : read.threadsTo
}

/** Unread mentions of one thread. */
export const mentionsIn = (read: ReadMark, threadId: string): number =>
  read.threads.find(({ id }) => id === threadId)?.mentions ?? 0

/** Unread mentions of all threads. */
export const mentionsInThreads = (read: ReadMark): number =>
  read.threads.reduce((sum, { mentions }) => sum + mentions, 0)

/** The oldest unread mention in a thread. */
export const firstThreadMention = ({ threads }: ReadMark): ThreadRead | undefined =>
  threads.find(({ mentions }) => mentions > 0)

/** One mention more, or less, in a line. */
export function mentioned(read: ReadMark, threadId: string, messageId: string, step: 1 | -1): ReadMark {
  const mentions = within(read.mentions + step)
  if (threadId === '') return { ...read, mentions }
  const known = read.threads.find(({ id }) => id === threadId)
  const before = known ?? {
    id: threadId,
    seq: read.threadsTo.seq,
    index: read.threadsTo.index,
    mentions: 0,
    firstMention: '',
  }
  const own = within(before.mentions + step)
  const isGone = step < 0 && before.firstMention === messageId
  const firstMention = own === 0 || isGone ? '' : before.firstMention || (before.mentions === 0 ? messageId : '')
  const after = { ...before, mentions: own, firstMention }
  return { ...read, mentions, threads: [...read.threads.filter((one) => one !== known), after] }
}

export const within = (count: number): number => Math.max(0, Math.min(COUNTED, count))

/** The main line is read up to a place, which is the newest. */
export const withMainRead = (read: ReadMark, { seq, index }: Position): ReadMark => ({
  ...read,
  seq,
  index,
  unread: 0,
  mentions: mentionsInThreads(read),
  markedUnread: false,
})

/** A thread is read up to a place, which is the newest. */
export function withThreadRead(read: ReadMark, threadId: string, { seq, index }: Position): ReadMark {
  const others = read.threads.filter(({ id }) => id !== threadId)
  const own = { id: threadId, seq, index, mentions: 0, firstMention: '' }
  return { ...read, mentions: within(read.mentions - mentionsIn(read, threadId)), threads: [...others, own] }
}

/** A main line or a thread, and what is unread in it. */
interface Line extends Position {
  readonly unread: number
  readonly mentions: number
  readonly firstMention: string
}
const mainLine = (read: ReadMark): Line => ({
  ...{ seq: read.seq, index: read.index, unread: read.unread, firstMention: '' },
  mentions: read.mentions - mentionsInThreads(read),
})
const threadLine = (read: ReadMark, id: string): Line => ({
  ...{ seq: readTo(read, id).seq, index: readTo(read, id).index, unread: 0 },
  firstMention: read.threads.find((one) => one.id === id)?.firstMention ?? '',
  mentions: mentionsIn(read, id),
})

/**
 * What a response knows and what is known here: of each line the mark that is further, because a response may come from a replica that has
 * not heard of it, or be older than what was read here. Only the person moves the mark of the main line back; then the one that knows of it
 * holds. `isLocalCurrent`: the counters here include all that the response includes. `isKnown`: the counters could be told; otherwise they
 * must be requested.
 */
export function withFurtherMarks(
  fetched: ReadMark,
  local: ReadMark,
  isLocalCurrent: boolean,
): { readonly read: ReadMark; readonly isKnown: boolean } {
  const newest = local.backs > fetched.backs ? local : fetched
  const areSame = local.backs === fetched.backs
  let isKnown = newest === fetched || isLocalCurrent
  const further = (theirs: Line, own: Line): Line => {
    if (!isAfter(own, theirs)) return theirs
    const nothing = { seq: own.seq, index: own.index, unread: 0, mentions: 0, firstMention: '' }
    const isAllRead = !isAfter({ seq: fetched.asOf, index: LAST_INDEX }, own)
    if (isAllRead || (theirs.unread === 0 && theirs.mentions === 0)) return nothing
    isKnown &&= isLocalCurrent
    return own
  }
  const main = areSame ? further(mainLine(fetched), mainLine(local)) : mainLine(newest)
  const markedUnread = newest.markedUnread && (!areSame || local.markedUnread)
  const threadsTo = isAfter(local.threadsTo, fetched.threadsTo) ? local.threadsTo : fetched.threadsTo
  const ids = new Set([...fetched.threads, ...local.threads].map(({ id }) => id))
  const threads = [...ids]
    .map((id) => ({ id, ...further(threadLine(fetched, id), threadLine(local, id)) }))
    .filter((line) => line.mentions > 0 || isAfter(line, threadsTo))
    .map(({ id, seq, index, mentions, firstMention }): ThreadRead => ({ id, seq, index, mentions, firstMention }))
  const mentions = threads.reduce((sum, thread) => within(sum + thread.mentions), main.mentions)
  const { seq, index, unread } = main
  const marks = { seq, index, threadsTo, threads, backs: newest.backs, markedUnread }
  return { read: { ...marks, unread, mentions, asOf: fetched.asOf }, isKnown }
}

/** Lines that are read further here than the response knows, and in which it still counts something. Empty: the main line. */
export function unknownMarks(fetched: ReadMark, local: ReadMark): string[] {
  const isUnknown = (theirs: Line, own: Line) => isAfter(own, theirs) && (theirs.unread > 0 || theirs.mentions > 0)
  const threads = fetched.threads.filter(({ id }) => isUnknown(threadLine(fetched, id), threadLine(local, id)))
  const isReadAgain = fetched.markedUnread && !local.markedUnread
  const isMain = fetched.backs === local.backs && (isReadAgain || isUnknown(mainLine(fetched), mainLine(local)))
  return [...(isMain ? [''] : []), ...threads.map(({ id }) => id)]
}
