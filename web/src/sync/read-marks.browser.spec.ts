import { ReadStateSchema } from '@beseda/proto/group/v1/group_service'
import { create } from '@bufbuild/protobuf'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { ChatApi } from './chat-api.js'
import { type Conversation, NOTHING_READ } from './model/model.js'
import { readMarksOf } from './read-marks.js'

const server = { markRead: vi.fn(), listReadStates: vi.fn() }
beforeEach(() => {
  vi.clearAllMocks()
  vi.useFakeTimers()
})
afterEach(() => void vi.useRealTimers())

/** Read here up to 7, as far as this device knows. */
function marksOf(read: Conversation['read']) {
  const seqs = { group: 1, roster: 1, messages: 7, calls: 0 }
  const conversations = new Map([['g', { id: 'g', seqs, read, hidden: 0 } as unknown as Conversation]])
  const marks = readMarksOf(
    server as unknown as ChatApi['groups'],
    conversations,
    (groupId, make) => void conversations.set(groupId, make(conversations.get(groupId) as Conversation)),
    async () => undefined,
    () => undefined,
  )
  return { marks, read: () => conversations.get('g')?.read }
}
const READ = { ...NOTHING_READ, seq: 7, index: 0xffff }
const serverHas = (readSeq: number, unread: number) =>
  server.listReadStates.mockResolvedValue({
    states: [create(ReadStateSchema, { groupId: 'g', readSeq: BigInt(readSeq), unread, messagesSeq: 7n })],
  })

test('a marker set while offline, or whose request was lost, is sent once a response lacks it', async () => {
  server.markRead.mockResolvedValue({})
  serverHas(3, 4)
  const { marks, read } = marksOf(READ)
  await marks.refresh()
  await marks.refresh()
  await vi.runAllTimersAsync()
  expect(server.markRead).toHaveBeenCalledExactlyOnceWith({
    groupId: 'g',
    threadId: '',
    seq: 7n,
    index: 0xffff,
    backs: 0,
  })
  expect(read()).toMatchObject({ ...READ, asOf: 7 })
})

test('a marker that the server has is not sent again', async () => {
  serverHas(7, 0)
  const { marks } = marksOf(READ)
  await marks.refresh()
  // A marker that is behind only by commits without messages.
  serverHas(6, 0)
  await marks.refresh()
  await vi.runAllTimersAsync()
  expect(server.markRead).not.toHaveBeenCalled()
})

/** Three conversations with a new message each, and a mention in a thread of the first. */
function threeUnread() {
  const seqs = { group: 1, roster: 1, messages: 7, calls: 0 }
  const inThread = { id: 't', seq: 0, index: 0, mentions: 1, firstMention: 'a' }
  const read = { ...NOTHING_READ, unread: 2, asOf: 7 }
  const reads = {
    a: { ...read, mentions: 1, threads: [inThread] },
    b: read,
    c: { ...read, unread: 0, markedUnread: true },
  }
  const conversations = new Map(
    Object.entries(reads).map(([id, one]) => [id, { id, seqs, read: one, hidden: 0 } as unknown as Conversation]),
  )
  const marks = readMarksOf(
    server as unknown as ChatApi['groups'],
    conversations,
    (groupId, make) => void conversations.set(groupId, make(conversations.get(groupId) as Conversation)),
    async () => undefined,
    () => undefined,
  )
  const shown = () => [...conversations.values()].map(({ read: one }) => [one.unread, one.mentions, one.markedUnread])
  return { marks, shown, read: (id: string) => conversations.get(id)?.read }
}
const UNREAD = [
  [2, 1, false],
  [2, 0, false],
  [0, 0, true],
]

test('all conversations and their threads are read at once, and the server is told when it cannot be undone any more', async () => {
  server.markRead.mockResolvedValue({})
  const { marks, shown } = threeUnread()
  marks.markAllRead(['a', 'b', 'c', 'gone'], 5_000)
  expect(shown()).toEqual([1, 2, 3].map(() => [0, 0, false]))
  await vi.advanceTimersByTimeAsync(4_999)
  expect(server.markRead).not.toHaveBeenCalled()
  await vi.runAllTimersAsync()
  const told = server.markRead.mock.calls.map(([{ groupId, threadId }]) => groupId + threadId)
  expect(told).toEqual(['a', 'at', 'b', 'c'])
})

test('undone, everything is as unread as before, the server is never told, and what came meanwhile is asked for', async () => {
  const { marks, shown } = threeUnread()
  server.listReadStates.mockResolvedValue({ states: [] })
  marks.markAllRead(['a', 'b', 'c'], 5_000)()
  expect(shown()).toEqual(UNREAD)
  await vi.runAllTimersAsync()
  expect(server.markRead).not.toHaveBeenCalled()
  expect(server.listReadStates).toHaveBeenCalledWith({ afterBlock: false })
})

test('a great number is told a few at a time', async () => {
  server.markRead.mockResolvedValue({})
  const seqs = { group: 1, roster: 1, messages: 7, calls: 0 }
  const ids = Array.from({ length: 40 }, (_, i) => String(i))
  const conversations = new Map(
    ids.map((id) => [id, { id, seqs, read: { ...NOTHING_READ, unread: 1 }, hidden: 0 } as unknown as Conversation]),
  )
  const put = (id: string, make: (one: Conversation) => Conversation) =>
    void conversations.set(id, make(conversations.get(id) as Conversation))
  const api = server as unknown as ChatApi['groups']
  const marks = readMarksOf(
    api,
    conversations,
    put,
    async () => undefined,
    () => undefined,
  )
  marks.markAllRead(ids)
  const counts: number[] = []
  for (let second = 0; second < 6; second++) {
    await vi.advanceTimersByTimeAsync(1_000)
    counts.push(server.markRead.mock.calls.length)
  }
  expect(counts).toEqual([8, 16, 24, 32, 40, 40])
})

test('what was about to be said is not said any more once another device has marked it as unread', async () => {
  server.markRead.mockResolvedValue({})
  const { marks, read } = threeUnread()
  marks.markRead('b')
  const state = { groupId: 'b', readSeq: 3n, unread: 4, backs: 1, markedUnread: true, messagesSeq: 7n, asOfSeq: 7n }
  marks.settle(create(ReadStateSchema, state))
  await vi.runAllTimersAsync()
  expect(server.markRead).not.toHaveBeenCalled()
  expect(read('b')).toMatchObject({ seq: 3, unread: 4, backs: 1, markedUnread: true })
})

test('the server can be told at once, and only once', async () => {
  const answer = Promise.withResolvers<object>()
  server.markRead.mockReturnValue(answer.promise)
  const { marks } = threeUnread()
  marks.markRead('b')
  const told = vi.fn()
  void marks.tellRead('b').then(told)
  expect(server.markRead).toHaveBeenCalledExactlyOnceWith(expect.objectContaining({ groupId: 'b', seq: 7n }))
  await Promise.resolve()
  expect(told).not.toHaveBeenCalled()
  answer.resolve({})
  await vi.waitFor(() => expect(told).toHaveBeenCalledOnce())
  await vi.runAllTimersAsync()
  await marks.tellRead('b')
  expect(server.markRead).toHaveBeenCalledOnce()
})
