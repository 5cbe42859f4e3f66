import { COUNTED, type Position, type ReadMark, type ThreadRead } from './model.js'

export const isAfter = (one: Position, other: Position): boolean =>
  one.seq > other.seq || (one.seq === other.seq && one.index > other.index)

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
})

/** A thread is read up to a place, which is the newest. */
export function withThreadRead(read: ReadMark, threadId: string, { seq, index }: Position): ReadMark {
  const others = read.threads.filter(({ id }) => id !== threadId)
  const own = { id: threadId, seq, index, mentions: 0, firstMention: '' }
  return { ...read, mentions: within(read.mentions - mentionsIn(read, threadId)), threads: [...others, own] }
}

/**
 * What the server knows, with the threads that were read here and of which it has not heard yet: their mentions stay read until it has.
 */
export function withLocalThreads(server: ReadMark, local: ReadMark): ReadMark {
  const isAhead = ({ id, mentions }: ThreadRead) => mentions > 0 && isAfter(readTo(local, id), readTo(server, id))
  return server.threads.filter(isAhead).reduce((read, { id }) => withThreadRead(read, id, readTo(local, id)), server)
}
