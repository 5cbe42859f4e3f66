/** A position in the log: everything up to and including it. */
export interface Position {
  readonly seq: number
  readonly index: number
}

/** How far a member has read. */
export interface ReadMarks extends Position {
  /** All threads are read up to here. */
  readonly threads: Position
  /** Threads that are read further, by their ids. */
  readonly marks: ReadonlyMap<string, Position>
  /** How often the member has moved the mark of the main line back. */
  readonly backs: number
  /** Marked as unread by the member, and not read since. */
  readonly markedUnread: boolean
  /** The furthest that the main line was ever read. */
  readonly seen: Position
}

/** Something unread in a thread: a mention, or an answer in a thread that the member follows. */
export interface ThreadUnread extends Position {
  readonly threadId: string
}

export const START: Position = { seq: 0, index: 0 }
export const NOTHING_READ: ReadMarks = {
  ...START,
  threads: START,
  marks: new Map(),
  backs: 0,
  markedUnread: false,
  seen: START,
}

/**
 * Limit of marked threads. Only threads with something unread are marked, and a mark is dropped once everything before it is read, so that the
 * limit is for somebody who leaves one message unread for ever. Beyond it the oldest counts as read.
 */
export const MOST_MARKS = 200
/** So many unread messages of threads are told at once, the oldest ones; what is beyond them stays unread. */
export const MOST_TOLD = 1_000
/** Beyond every index. */
const LAST_INDEX = 0xffff

export const isAfter = (one: Position, other: Position): boolean =>
  one.seq > other.seq || (one.seq === other.seq && one.index > other.index)
const later = (one: Position, other: Position): Position => (isAfter(one, other) ? one : other)
const earlier = (one: Position, other: Position): Position => (isAfter(one, other) ? other : one)

/** How far a thread is read. */
export function threadMark({ threads, marks }: Pick<ReadMarks, 'threads' | 'marks'>, threadId: string): Position {
  const own = marks.get(threadId)
  return own ? later(own, threads) : threads
}

/**
 * The main line is read up to a place. Undefined: it was already. `unread`: of threads, in order. Whoever reads a line that they have
 * marked as unread has read it again.
 */
export function readMain(before: ReadMarks, place: Position, unread: readonly ThreadUnread[]): ReadMarks | undefined {
  if (isAfter(before, place)) return undefined
  if (!isAfter(place, before) && !before.markedUnread) return undefined
  const main = placeOf(place)
  return tidied({ ...before, ...main, markedUnread: false, seen: placeOf(later(before.seen, main)) }, unread)
}

/** The main line is marked as unread, from a place on if one is given. What is unread before it stays so. */
export const moveBack = (before: ReadMarks, from: Position | undefined): ReadMarks => ({
  ...before,
  ...placeOf(from ? earlier(before, placeBefore(from)) : before),
  backs: before.backs + 1,
  markedUnread: true,
  seen: placeOf(later(before.seen, before)),
})

/**
 * A device reads the main line up to a place without knowing that the mark was moved back. `backs`: what it knows of that; undefined: it is of
 * a release that knows nothing of it, and is believed if it has read what came after.
 */
export const isLate = (before: ReadMarks, place: Position, backs: number | undefined): boolean =>
  backs === undefined ? before.markedUnread && !isAfter(place, before.seen) : backs < before.backs

/** A thread is read up to a place. Undefined: nothing unread is there. */
export function readThread(
  before: ReadMarks,
  threadId: string,
  place: Position,
  unread: readonly ThreadUnread[],
): ReadMarks | undefined {
  const isRead = (one: ThreadUnread) => one.threadId === threadId && !isAfter(one, place)
  if (!unread.some(isRead)) return undefined
  const marks = new Map(before.marks).set(threadId, later(placeOf(place), threadMark(before, threadId)))
  const left = unread.filter((one) => !isRead(one))
  // There may be more than was told.
  const isCut = left.length === 0 && unread.length >= MOST_TOLD
  return tidied({ ...before, marks }, isCut ? unread.slice(-1) : left)
}

/** Threads are read up to the first that is unread, at most as far as the main line; marks before that say nothing more. */
function tidied(marks: ReadMarks, [first]: readonly ThreadUnread[]): ReadMarks {
  const main = placeOf(marks)
  const unreadFrom = first && placeBefore(first)
  const reached = later(marks.threads, unreadFrom && isAfter(main, unreadFrom) ? unreadFrom : main)
  const further = [...marks.marks].filter(([, place]) => isAfter(place, reached))
  if (further.length <= MOST_MARKS) return { ...marks, threads: reached, marks: new Map(further) }
  const inOrder = further.toSorted(([, a], [, b]) => (isAfter(a, b) ? 1 : -1))
  const kept = inOrder.slice(-MOST_MARKS)
  const [, dropped = reached] = inOrder.at(-MOST_MARKS - 1) ?? []
  return { ...marks, threads: dropped, marks: new Map(kept) }
}

const placeOf = ({ seq, index }: Position): Position => ({ seq, index })
const placeBefore = ({ seq, index }: Position): Position =>
  index > 0 ? { seq, index: index - 1 } : { seq: seq - 1, index: LAST_INDEX }
