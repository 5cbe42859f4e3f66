import { CommitSchema as FrameSchema } from '@beseda/proto/gateway/v1/frames'
import { MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { ReadStateSchema, type ThreadSummary, ThreadSummarySchema } from '@beseda/proto/group/v1/group_service'
import { CommitSchema, type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { create, toBinary } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { expect, test, vi } from 'vitest'
import type { Conversation } from '../../sync/model/model.js'
import { NOTHING_READ } from '../../sync/model/model.js'
import { myThreadsOf } from './my-threads-of.js'

const ME = 'me'
const THREADS = ['t1', 't2']

interface Answer {
  readonly threadId: string
  readonly authorId: string
  readonly seq: number
}

/** A server with answers in threads that `me` began, and a window that hears of them. */
function world(schedule: <T>(work: Promise<T>) => Promise<T> = (work) => work) {
  const listeners = new Map<string, ((value: never) => void)[]>()
  const on = vi.fn((kind: string, listener: (value: never) => void) => {
    listeners.set(kind, [...(listeners.get(kind) ?? []), listener])
    return () => undefined
  })
  const says = (kind: string, value: object) => {
    for (const listener of listeners.get(kind) ?? []) listener(value as never)
  }
  const answers: Answer[] = []
  const readTo = new Map<string, number>()
  const unfollowed = new Set<string>()
  const summaryOf = (threadId: string): ThreadSummary => {
    const own = answers.filter((answer) => answer.threadId === threadId)
    const last = own.at(-1)
    const follows = !unfollowed.has(threadId)
    const message = (id: string, { authorId, seq }: Omit<Answer, 'threadId'>) =>
      ({ id, groupId: 'g', authorId, text: id, seq: BigInt(seq), sentAt: timestampFromMs(seq * 1000) }) as const
    const fresh = own.filter(({ authorId, seq }) => authorId !== ME && seq > (readTo.get(threadId) ?? 0))
    return create(ThreadSummarySchema, {
      groupId: 'g',
      head: message(threadId, { authorId: ME, seq: 1 }),
      ...(last ? { last: message(`${threadId}-${last.seq}`, last) } : {}),
      follows,
      unread: follows ? fresh.length : 0,
    })
  }
  const followed = () => THREADS.map(summaryOf).filter(({ follows, last }) => follows && last)
  const one = vi.fn(async (_: string, threadId: string) => schedule(Promise.resolve(summaryOf(threadId))))
  const heads = THREADS.map((id) => ({ id, authorId: ME }))
  const conversation = { id: 'g', read: NOTHING_READ, messages: heads } as unknown as Conversation
  const threads = myThreadsOf({
    me: () => ME,
    connection: { on } as never,
    conversations: new Map([['g', conversation]]),
    list: async ({ unread = false }) => {
      const found = followed().filter((thread) => !unread || thread.unread > 0)
      return schedule(Promise.resolve({ threads: found, next: '' }))
    },
    one,
    follow: async (_, threadId, follows) => {
      if (follows) unfollowed.delete(threadId)
      else unfollowed.add(threadId)
      return schedule(Promise.resolve(summaryOf(threadId)))
    },
    markRead: async (_, threadId, { seq }) => {
      readTo.set(threadId, Math.max(seq, readTo.get(threadId) ?? 0))
      await schedule(Promise.resolve())
    },
  })
  const hear = (body: Event['body'], seq: number) => {
    const commit = toBinary(CommitSchema, create(CommitSchema, { events: [create(EventSchema, { body })] }))
    says('commit', create(FrameSchema, { groupId: 'g', seq: BigInt(seq), commit }))
  }
  return {
    threads,
    one,
    says,
    shown: () => threads.inOrder.value.map(({ head, unread }): [string, number] => [head.id, unread]),
    /** What a window that is opened now would show. */
    truth: () => followed().map(({ head, unread }): [string, number] => [head?.id ?? '', unread]),
    answer(threadId: string, authorId: string, more: object = {}) {
      const seq = answers.length + 2
      answers.push({ threadId, authorId, seq })
      const posted = create(MessagePostedSchema, { messageId: `${threadId}-${seq}`, authorId, threadId, ...more })
      hear({ case: 'messagePosted', value: posted }, seq)
    },
    /** On another device. */
    readElsewhere(threadId: string) {
      const seq = answers.at(-1)?.seq ?? 1
      readTo.set(threadId, seq)
      const state = { groupId: 'g', threads: [{ threadId, readSeq: BigInt(seq), readIndex: 9 }] }
      says('userEvent', { event: { case: 'readState', value: create(ReadStateSchema, state) } })
    },
    chooseElsewhere(threadId: string, follows: boolean) {
      if (follows) unfollowed.delete(threadId)
      else unfollowed.add(threadId)
      says('userEvent', { event: { case: 'thread', value: { groupId: 'g', threadId, follows } } })
    },
  }
}

test('threads with something new come first, then those of the newest answers', async () => {
  const { threads, answer, shown } = world()
  answer('t1', 'bob')
  answer('t2', 'bob')
  await threads.load()
  await threads.read('g', 't2')
  expect(shown()).toEqual([
    ['t1', 1],
    ['t2', 0],
  ])
  await threads.readAll()
  expect(shown()).toEqual([
    ['t2', 0],
    ['t1', 0],
  ])
  expect(threads.unread.value).toEqual([])
})

test('a thread of others is asked for only when it begins to concern the person', async () => {
  const { one, answer } = world()
  answer('of others', 'bob', { mentions: { userIds: ['eve'] } })
  expect(one).not.toHaveBeenCalled()
  answer('of others', 'bob', { mentions: { userIds: [ME] } })
  answer('another', ME)
  expect(one.mock.calls.map(([, threadId]) => threadId)).toEqual(['of others', 'another'])
})

test('what is not followed any more leaves the list, and the button says so', async () => {
  const { threads, answer, shown } = world()
  answer('t1', 'bob')
  await threads.load()
  expect(threads.isFollowed('g', 't1')).toBe(true)
  await threads.choose('g', 't1', false)
  await vi.waitFor(() => expect([shown(), threads.isFollowed('g', 't1')]).toEqual([[], false]))
})

test('whatever the order of answers and events, the window ends with what the server has', async () => {
  const step = fc.record({
    what: fc.constantFrom('answer', 'own', 'read', 'elsewhere', 'leave', 'follow', 'load'),
    threadId: fc.constantFrom(...THREADS),
  })
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.array(step, { maxLength: 15 }), async (s, steps) => {
      const it = world((work) => s.schedule(work))
      const running: Promise<unknown>[] = [it.threads.load()]
      for (const { what, threadId } of steps) {
        if (what === 'answer') it.answer(threadId, 'bob')
        if (what === 'own') it.answer(threadId, ME)
        if (what === 'read') running.push(it.threads.read('g', threadId))
        if (what === 'elsewhere') it.readElsewhere(threadId)
        if (what === 'leave') it.chooseElsewhere(threadId, false)
        if (what === 'follow') running.push(it.threads.choose('g', threadId, true))
        if (what === 'load') running.push(it.threads.load())
        if (s.count() > 1) await s.waitOne()
      }
      await s.waitIdle()
      await Promise.all(running)
      await s.waitIdle()
      expect(new Map(it.shown())).toEqual(new Map(it.truth()))
    }),
    { numRuns: 300 },
  )
})
