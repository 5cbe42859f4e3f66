import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { ReadState, ThreadSummary } from '@beseda/proto/group/v1/group_service'
import type { Event } from '@beseda/proto/log/v1/commit'
import { computed, shallowReactive, shallowRef } from 'vue'
import { handled } from '../../diagnostics/log.js'
import type { Connection } from '../../net/connection.js'
import { decodedCommit } from '../../net/decoded-commit.js'
import { reasonOf } from '../../net/errors.js'
import { chatMessage, readMark } from '../../sync/model/convert.js'
import { findMessage } from '../../sync/model/fold.js'
import type { ChatMessage, Conversation, Position } from '../../sync/model/model.js'
import { isAfter, readTo } from '../../sync/model/read-mark.js'
import { Overtaken } from '../../sync/overtaken.js'

/** A thread that the person follows. */
export interface MyThread {
  readonly groupId: string
  /** The message that began it. */
  readonly head: ChatMessage
  readonly last: ChatMessage
  readonly unread: number
  readonly mentions: number
  /** How far it was read when it was fetched. */
  readonly seen: Position
}

export interface ThreadsParts {
  readonly me: () => string
  readonly connection: Pick<Connection, 'on'>
  readonly conversations: ReadonlyMap<string, Conversation>
  readonly list: (page: { unread?: boolean; cursor?: string; limit: number }) => Promise<{
    readonly threads: readonly ThreadSummary[]
    readonly next: string
  }>
  /** Errors: NOT_A_MEMBER, MESSAGE_NOT_FOUND. */
  readonly one: (groupId: string, threadId: string, minSeq: number) => Promise<ThreadSummary | undefined>
  readonly follow: (groupId: string, threadId: string, follows: boolean) => Promise<ThreadSummary | undefined>
  readonly markRead: (groupId: string, threadId: string, place: Position, backs: number) => Promise<unknown>
}

const PAGE = 25
/** Threads with something new that are looked for at the start: more are on the next pages. */
const MOST_UNREAD = 50

const keyOf = (groupId: string, threadId: string): string => `${groupId} ${threadId}`

/**
 * The threads that the person follows, as far as they were fetched, kept up to date: when something happens in one, it is asked for anew, one
 * request after another, so that the counters are always those of the server.
 */
export function myThreadsOf({ me, connection, conversations, list, one, follow, markRead }: ThreadsParts) {
  const threads = shallowReactive(new Map<string, MyThread>())
  /** Whether threads are followed that were asked for. */
  const follows = shallowReactive(new Map<string, boolean>())
  const next = shallowRef('')
  const overtaken = new Overtaken<string>()
  /** Groups in which something was read. */
  const readIn = new Overtaken<string>()
  /** Threads that are being asked for, with the sequence that the next answer must include; undefined: no other answer is needed. */
  const asking = new Map<string, number | undefined>()

  /** With something new first, then by time. */
  const inOrder = computed(() =>
    [...threads.values()].toSorted(
      (a, b) => Number(b.unread > 0) - Number(a.unread > 0) || b.last.sentAt - a.last.sentAt,
    ),
  )
  const unread = computed(() => inOrder.value.filter((thread) => thread.unread > 0))

  function put(summary: ThreadSummary): void {
    const { groupId, head, last } = summary
    if (!head) return
    const key = keyOf(groupId, head.id)
    follows.set(key, summary.follows)
    const read = conversations.get(groupId)?.read
    if (!summary.follows || !last) {
      threads.delete(key)
      return
    }
    const seen = read ? readTo(read, head.id) : { seq: 0, index: 0 }
    const { unread: count, mentions } = summary
    threads.set(key, { groupId, head: chatMessage(head), last: chatMessage(last), unread: count, mentions, seen })
  }

  /** Called when pages are asked for. What has changed since is known better, or is asked for. */
  function pages() {
    const [isOvertaken, isReadSince] = [overtaken.asked(), readIn.asked()]
    const take = (page: readonly ThreadSummary[]): void => {
      for (const summary of page) {
        const id = summary.head?.id ?? ''
        if (isOvertaken(keyOf(summary.groupId, id))) continue
        put(summary)
        if (summary.unread > 0 && isReadSince(summary.groupId)) ask(summary.groupId, id, 0)
      }
    }
    return { isOvertaken, take }
  }

  /** From the newest on. */
  async function load(): Promise<void> {
    const { isOvertaken, take } = pages()
    const [newest, fresh] = await Promise.all([list({ limit: PAGE }), list({ unread: true, limit: MOST_UNREAD })])
    for (const key of threads.keys()) if (!isOvertaken(key)) threads.delete(key)
    take([...newest.threads, ...fresh.threads])
    next.value = newest.next
  }

  async function more(): Promise<void> {
    const { take } = pages()
    const page = await list({ limit: PAGE, cursor: next.value })
    take(page.threads)
    next.value = page.next
  }

  /** Asks for a thread in which something has happened. */
  function ask(groupId: string, threadId: string, seq: number): void {
    const key = keyOf(groupId, threadId)
    overtaken.changed(key)
    const isRunning = asking.has(key)
    asking.set(key, Math.max(seq, asking.get(key) ?? 0))
    if (!isRunning) void askAll(groupId, threadId, key)
  }

  async function askAll(groupId: string, threadId: string, key: string): Promise<void> {
    for (let seq = asking.get(key); seq !== undefined; seq = asking.get(key)) {
      asking.set(key, undefined)
      const summary = await one(groupId, threadId, seq).catch((error: unknown) => {
        const isGone = [ErrorReason.MESSAGE_NOT_FOUND, ErrorReason.NOT_A_MEMBER].includes(reasonOf(error))
        if (isGone) threads.delete(key)
        else handled('threads')(error)
      })
      // Something has happened in between: the next answer has it.
      if (summary && asking.get(key) === undefined) put(summary)
    }
    asking.delete(key)
  }

  /** The threads that an event may concern: known ones, and what makes the person follow one. */
  function concerned(groupId: string, body: Event['body']): readonly string[] {
    switch (body.case) {
      case 'messagePosted': {
        const { authorId, mentions } = body.value
        const threadId = body.value.threadId || body.value.alsoInThread
        if (threadId === '') return []
        const isMine = authorId === me() || mentions?.repliedUserId === me() || mentions?.userIds.includes(me())
        const conversation = conversations.get(groupId)
        const head = isMine || !conversation ? undefined : findMessage(conversation, threadId)
        return isMine || threads.has(keyOf(groupId, threadId)) || head?.authorId === me() ? [threadId] : []
      }
      case 'messageEdited':
      case 'messageDeleted': {
        const { messageId } = body.value
        const threadId = 'threadId' in body.value ? body.value.threadId : ''
        return [...threads.values()].flatMap(({ groupId: of, head, last }) =>
          of === groupId && [head.id, last.id].some((id) => id === messageId || head.id === threadId) ? head.id : [],
        )
      }
      default:
        return []
    }
  }

  connection.on('commit', (frame) => {
    const ids = decodedCommit(frame).events.flatMap(({ body }) => concerned(frame.groupId, body))
    for (const id of new Set(ids)) ask(frame.groupId, id, Number(frame.seq))
  })
  connection.on('userEvent', ({ event }) => {
    if (event.case === 'thread') ask(event.value.groupId, event.value.threadId, 0)
    if (event.case === 'block') void load().catch(handled('threads'))
    if (event.case === 'readState') heardOfReading(event.value)
    if (event.case === 'messageHidden')
      for (const { groupId, head } of threads.values()) if (groupId === event.value.groupId) ask(groupId, head.id, 0)
  })
  connection.on('groupLeft', ({ groupId }) => {
    for (const [key, thread] of threads) if (thread.groupId === groupId) threads.delete(key)
  })
  connection.on('live', () => void load().catch(handled('threads')))

  /** On another device, or here. */
  function heardOfReading(state: ReadState): void {
    const { groupId } = state
    const read = readMark(state)
    readIn.changed(groupId)
    for (const { groupId: of, head, seen } of unread.value)
      if (of === groupId && isAfter(readTo(read, head.id), seen)) ask(groupId, head.id, 0)
    for (const key of asking.keys()) {
      const [of = '', threadId = ''] = key.split(' ')
      if (of === groupId) ask(groupId, threadId, 0)
    }
  }

  /** The person has seen the thread to its end. */
  async function read(groupId: string, threadId: string): Promise<void> {
    const key = keyOf(groupId, threadId)
    const thread = threads.get(key)
    if (!thread || thread.unread === 0) return
    overtaken.changed(key)
    threads.set(key, { ...thread, unread: 0, mentions: 0 })
    await markRead(groupId, threadId, thread.last, conversations.get(groupId)?.read.backs ?? 0).finally(() =>
      ask(groupId, threadId, 0),
    )
  }

  /** One after another: there is a limit of marks in a second. */
  async function readAll(): Promise<void> {
    for (const { groupId, head } of unread.value) await read(groupId, head.id)
  }

  /** The person wants to follow it, or not. */
  async function choose(groupId: string, threadId: string, wanted: boolean): Promise<void> {
    await follow(groupId, threadId, wanted)
    ask(groupId, threadId, 0)
  }

  const threadOf = (groupId: string, threadId: string): MyThread | undefined => threads.get(keyOf(groupId, threadId))
  /** Undefined: not known yet, and asked for with `learn`. */
  const isFollowed = (groupId: string, threadId: string): boolean | undefined => follows.get(keyOf(groupId, threadId))
  const learn = (groupId: string, threadId: string): void => {
    if (isFollowed(groupId, threadId) === undefined) ask(groupId, threadId, 0)
  }

  return { inOrder, unread, next, load, more, read, readAll, choose, threadOf, isFollowed, learn }
}
