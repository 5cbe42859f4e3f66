import { Role } from '@beseda/proto/common/v1/roles'
import { MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { ListMessagesResponseSchema, MessageSchema } from '@beseda/proto/group/v1/group_service'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { MembersAddedSchema } from '@beseda/proto/membership/v1/events'
import { ListMembersResponseSchema } from '@beseda/proto/membership/v1/membership_service'
import { create } from '@bufbuild/protobuf'
import { beforeEach, describe, expect, test, vi } from 'vitest'
import type { ChatApi } from './chat-api.js'
import { historyOf } from './history.js'
import { applyCommit, type LaneCommit } from './model/fold.js'
import { type Conversation, NOBODY, NOTHING_FETCHED, NOTHING_READ } from './model/model.js'

const server = { listMessages: vi.fn(), getMessage: vi.fn(), listMembers: vi.fn() }
beforeEach(() => void vi.resetAllMocks())

const UNFETCHED = { asOf: NOTHING_FETCHED, read: NOTHING_READ, hidden: 0, hiddenAhead: [], silent: NOBODY }

/** One group of which nothing has been fetched; the test gives the answers of the server. */
function world() {
  const seqs = { group: 1, roster: 1, messages: 1, calls: 0 }
  const conversations = new Map([['g', { ...UNFETCHED, id: 'g', seqs, mutes: new Map() } as unknown as Conversation]])
  const present = () => conversations.get('g') as Conversation
  const update = (groupId: string, make: (conversation: Conversation) => Conversation) =>
    void conversations.set(groupId, make(present()))
  const history = historyOf(
    { groups: server, membership: server } as unknown as ChatApi,
    conversations,
    update,
    () => 'me',
  )
  server.listMembers.mockImplementation(async () =>
    create(ListMembersResponseSchema, { members: [{ userId: 'me', role: Role.OWNER }] }),
  )
  return {
    ...history,
    present,
    texts: () => present().messages?.map(({ text }) => text),
    /** The group has commits that this window did not receive. */
    outdated(messages: number) {
      history.outdate('g')
      update('g', (conversation) => ({ ...conversation, seqs: { ...conversation.seqs, messages } }))
    },
    commit(change: LaneCommit) {
      history.heard('g', change)
      update('g', (conversation) => applyCommit(conversation, change, 'me'))
    },
  }
}

/** A page that arrives when the test lets it. */
function nextPage() {
  const answer = Promise.withResolvers<object>()
  server.listMessages.mockReturnValueOnce(answer.promise)
  return {
    comes: (...texts: string[]) => answer.resolve(pageOf(texts)),
    fails: () => answer.reject(new Error('away')),
  }
}
const pageOf = (texts: readonly string[]) =>
  create(ListMessagesResponseSchema, {
    messages: texts.map((text, i) => create(MessageSchema, { id: text, text, seq: BigInt(i + 1) })),
    messagesSeq: BigInt(texts.length),
  })
const commit = (lane: LaneCommit['lane'], seq: number, body: object): LaneCommit => ({
  lane,
  seq,
  prevSeq: seq - 1,
  commit: create(CommitSchema, { events: [{ version: 1, body: body as never }] }),
})

test('a page requested before the group became outdated does not count as current', async () => {
  const { load, outdated, texts } = world()
  const [early, late] = [nextPage(), nextPage()]
  const opened = load('g')
  outdated(2)
  const again = load('g')
  early.comes('one')
  await vi.waitFor(() => expect(server.listMessages).toHaveBeenCalledTimes(2))
  expect(texts()).toBeUndefined()
  late.comes('one', 'two')
  await Promise.all([opened, again])
  expect(texts()).toEqual(['one', 'two'])
  expect(server.listMessages.mock.lastCall).toMatchObject([{ minSeq: 2n }])
  await load('g')
  expect(server.listMessages).toHaveBeenCalledTimes(2)
})

test('a failed fetch is repeated at the next opportunity', async () => {
  const { load, outdated, texts } = world()
  nextPage().comes('one')
  await load('g')
  outdated(2)
  nextPage().fails()
  await expect(load('g')).rejects.toThrow('away')
  expect(texts()).toEqual(['one'])
  nextPage().comes('one', 'two')
  await load('g')
  expect(texts()).toEqual(['one', 'two'])
})

test('a run from elsewhere that was requested too early does not stay', async () => {
  const { jumpTo, outdated, texts } = world()
  const [early, late] = [nextPage(), nextPage()]
  const jumped = jumpTo('g', { messageId: 'one' })
  outdated(2)
  early.comes('one')
  late.comes('one', 'two')
  await jumped
  expect(texts()).toEqual(['one', 'two'])
})

test('messages and members that arrive during the fetch are included', async () => {
  const { load, commit: comes, texts, present } = world()
  const page = nextPage()
  const opened = load('g')
  const posted = create(MessagePostedSchema, { messageId: 'two', authorId: 'ann', text: 'two' })
  comes(commit('messages', 2, { case: 'messagePosted', value: posted }))
  const added = create(MembersAddedSchema, { userIds: ['ann'] })
  comes(commit('roster', 2, { case: 'membersAdded', value: added }))
  page.comes('one')
  await opened
  expect(texts()).toEqual(['one', 'two'])
  expect([...(present().members ?? [])]).toEqual([
    ['me', Role.OWNER],
    ['ann', Role.MEMBER],
  ])
  expect(present().memberCount).toBe(2)
})

describe('a thread', () => {
  const THREAD = 't'
  const answers = (from: number, to: number, edges: { hasOlder?: boolean; hasNewer?: boolean } = {}) =>
    server.listMessages.mockResolvedValueOnce(
      create(ListMessagesResponseSchema, {
        messages: Array.from({ length: to - from + 1 }, (_, i) => {
          const id = `a${from + i}`
          return create(MessageSchema, { id, text: id, seq: BigInt(from + i), threadId: THREAD })
        }),
        messagesSeq: 9n,
        ...edges,
      }),
    )
  const posted = (seq: number) =>
    commit('messages', seq, {
      case: 'messagePosted',
      value: create(MessagePostedSchema, { messageId: `a${seq}`, authorId: 'ann', text: '', threadId: THREAD }),
    })
  const idsOf = ({ present }: ReturnType<typeof world>) => present().thread?.messages.map(({ id }) => id)

  test('is opened at its end, and its older pages are fetched as they are reached', async () => {
    const group = world()
    answers(7, 9, { hasOlder: true })
    await group.openThread('g', THREAD)
    expect(server.listMessages).toHaveBeenLastCalledWith(expect.objectContaining({ threadId: THREAD, limit: 50 }))
    answers(4, 6, { hasOlder: false })
    await group.loadOlderThread('g')
    expect(server.listMessages).toHaveBeenLastCalledWith(expect.objectContaining({ threadId: THREAD, beforeSeq: 7n }))
    await group.loadOlderThread('g')
    expect(server.listMessages).toHaveBeenCalledTimes(2)
    expect(idsOf(group)).toEqual(['a4', 'a5', 'a6', 'a7', 'a8', 'a9'])
    group.commit(posted(10))
    expect(idsOf(group)?.at(-1)).toBe('a10')
  })

  test('is opened at one of its messages, from where it goes on to its end', async () => {
    const group = world()
    answers(2, 4, { hasOlder: true, hasNewer: true })
    await group.openThread('g', THREAD, 'a3')
    expect(server.listMessages).toHaveBeenLastCalledWith(expect.objectContaining({ aroundMessageId: 'a3' }))
    // A reply that comes now does not follow the run.
    group.commit(posted(10))
    expect(idsOf(group)).toEqual(['a2', 'a3', 'a4'])
    answers(5, 10)
    await group.loadNewerThread('g')
    expect(idsOf(group)).toEqual(['a2', 'a3', 'a4', 'a5', 'a6', 'a7', 'a8', 'a9', 'a10'])
    await group.loadNewerThread('g')
    // What is loaded is not fetched again.
    await group.openThread('g', THREAD, 'a3')
    expect(server.listMessages).toHaveBeenCalledTimes(2)
  })

  test('is found by a message that is not loaded', async () => {
    const group = world()
    server.getMessage.mockResolvedValueOnce({ message: create(MessageSchema, { id: 'x', threadId: THREAD }) })
    expect(await group.threadOf('g', 'x')).toBe(THREAD)
    answers(1, 1)
    await group.openThread('g', THREAD)
    expect(await group.threadOf('g', 'a1')).toBe(THREAD)
    expect(server.getMessage).toHaveBeenCalledTimes(1)
  })
})
