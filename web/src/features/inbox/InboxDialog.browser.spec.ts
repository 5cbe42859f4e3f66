import { Role } from '@beseda/proto/common/v1/roles'
import { CommitSchema as FrameSchema } from '@beseda/proto/gateway/v1/frames'
import { GroupKind, MessagePostedSchema, ReactionChangedSchema } from '@beseda/proto/group/v1/events'
import {
  GetMessageResponseSchema,
  ListThreadsResponseSchema,
  MarkReadResponseSchema,
  MessageSchema,
  ReactionSchema,
  SearchMessagesResponseSchema,
} from '@beseda/proto/group/v1/group_service'
import { UserSchema } from '@beseda/proto/identity/v1/identity_service'
import { CommitSchema, EventSchema } from '@beseda/proto/log/v1/commit'
import { create, toBinary } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createApp, h, nextTick, ref } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { allWords, seldomWords } from '../../i18n/index.js'
import { groups } from '../../net/index.js'
import { useChat } from '../../stores/chat.js'
import { useDirectory } from '../../stores/directory.js'
import { openedPage } from '../../stores/testing.js'
import { type Conversation, NOTHING_READ } from '../../sync/model/model.js'
import { useMyThreads } from '../threads/my-threads.js'
import InboxDialog from './InboxDialog.vue'

const router = createRouter({
  history: createMemoryHistory(),
  routes: [{ path: '/', component: { render: () => undefined } }],
})
let unmount: () => void = () => undefined
beforeAll(() => allWords().then(seldomWords))
afterEach(() => {
  unmount()
  vi.restoreAllMocks()
})

const said = (n: number, me: object = { userIds: ['ann'] }) =>
  create(MessageSchema, {
    ...{ id: `m${n}`, groupId: 'g', authorId: 'bob', text: `text ${n}`, seq: BigInt(n), mentions: me },
    sentAt: timestampFromMs(n * 1000),
  })

/** A message of ann with the hearts of some. */
const liked = (n: number, ...userIds: string[]) =>
  create(MessageSchema, {
    ...said(n, {}),
    authorId: 'ann',
    reactions: [create(ReactionSchema, { emoji: '❤️', userIds })],
  })

/** The inbox of ann, who has read up to message 3; `pages`: what the server has, the newest page first. */
async function opened(mentions: number, ...pages: number[][]) {
  const page = openedPage()
  const search = vi.spyOn(groups, 'searchMessages')
  search.mockImplementation(async ({ cursor = '', reacted = false }) => {
    if (reacted) return create(SearchMessagesResponseSchema, { messages: [liked(1, 'bob')] })
    const at = Number(cursor)
    const messages = (pages[at] ?? []).map((n) => said(n, n % 2 === 0 ? { repliedUserId: 'ann' } : undefined))
    return create(SearchMessagesResponseSchema, { messages, next: at + 1 < pages.length ? String(at + 1) : '' })
  })
  const read = { ...NOTHING_READ, seq: 3, mentions }
  const conversation = { id: 'g', kind: GroupKind.GROUP, name: 'Club', role: Role.MEMBER, read }
  useChat().conversations.set('g', { ...conversation, lastActivityAt: 0 } as unknown as Conversation)
  const open = ref(false)
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp({
    render: () => h(InboxDialog, { open: open.value, 'onUpdate:open': (now: boolean) => (open.value = now) }),
  })
  app.use(router).mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
    unmount = () => undefined
  }
  open.value = true
  const rows = () => [...document.querySelectorAll('[role=dialog] li')].map(({ textContent }) => textContent ?? '')
  const unread = () => document.querySelectorAll('[role=dialog] li [role=img][aria-label=Unread]').length
  const button = (text: string) =>
    [...document.querySelectorAll<HTMLElement>('[role=dialog] button')].find((one) => one.textContent?.includes(text))
  await vi.waitFor(() => expect(document.querySelector('[role=dialog] [aria-busy=false]')).not.toBeNull())
  return { ...page, open, rows, unread, button, search }
}

test('mentions and replies from all conversations, the newest first, and which are unread', async () => {
  const { rows, unread } = await opened(2, [5, 4, 3])
  expect(rows()).toEqual([
    expect.stringMatching(/Mentioned you.*Club.*text 5/),
    expect.stringMatching(/Replied to you.*Club.*text 4/),
    expect.stringMatching(/Mentioned you.*text 3/),
  ])
  expect(unread()).toBe(2)
})

test('what is unread is looked for on later pages, no further than it can be', async () => {
  const { rows, button, search } = await opened(1, [3, 2], [1], [5], [0])
  button('Unread')?.click()
  await vi.waitFor(() => expect(rows()).toEqual([expect.stringContaining('text 5')]))
  await nextTick()
  expect(search.mock.calls.map(([{ cursor }]) => cursor)).toEqual(['', '1', '2'])
})

test('a mention that arrives is there at once, and what is read elsewhere is read here', async () => {
  const { rows, unread, says } = await opened(0, [3])
  const message = { messageId: 'm9', authorId: 'bob', text: 'text 9', mentions: { userIds: ['ann'] } }
  const body = { case: 'messagePosted' as const, value: create(MessagePostedSchema, message) }
  const commit = create(CommitSchema, { time: timestampFromMs(9_000), events: [create(EventSchema, { body })] })
  says('commit', create(FrameSchema, { groupId: 'g', seq: 9n, commit: toBinary(CommitSchema, commit) }))
  await nextTick()
  expect([rows().length, rows()[0]?.includes('text 9'), unread()]).toEqual([2, true, 1])
  const chat = useChat()
  chat.update('g', (present) => ({ ...present, read: { ...present.read, seq: 9 } }))
  await nextTick()
  expect(unread()).toBe(0)
})

test('a message that is chosen is opened in its conversation', async () => {
  const push = vi.spyOn(router, 'push').mockResolvedValue(undefined)
  const { button, open } = await opened(0, [3])
  button('text 3')?.click()
  await vi.waitFor(() => expect(push).toHaveBeenCalledOnce())
  expect(push).toHaveBeenCalledWith({ name: 'conversation', params: { groupId: 'g' }, query: { m: 'm3' } })
  expect(open.value).toBe(false)
})

test('reactions of others to what the person has said, and those that come', async () => {
  const { rows, button, says } = await opened(0, [3])
  useDirectory().remember(['ann', 'bob', 'eve'].map((id) => create(UserSchema, { id, displayName: id })))
  button('Reactions')?.click()
  await vi.waitFor(() => expect(rows()).toEqual([expect.stringMatching(/Club.*text 1.*❤️.*by bob/s)]))
  const answer = create(GetMessageResponseSchema, { message: liked(2, 'ann', 'eve') })
  const get = vi.spyOn(groups, 'getMessage').mockResolvedValue(answer)
  const value = create(ReactionChangedSchema, { messageId: 'm2', emoji: '❤️', present: true })
  const events = [create(EventSchema, { body: { case: 'reactionChanged', value } })]
  says(
    'commit',
    create(FrameSchema, { groupId: 'g', seq: 9n, commit: toBinary(CommitSchema, create(CommitSchema, { events })) }),
  )
  await vi.waitFor(() => expect(rows()[0]).toMatch(/text 2.*❤️.*by eve/s))
  expect(get).toHaveBeenCalledWith({ groupId: 'g', messageId: 'm2', minSeq: 9n })
  expect(rows().join()).not.toContain('ann')
})

test('followed threads are in it, and new answers among what is unread, unless they are there as mentions', async () => {
  const { rows, button } = await opened(0, [3])
  const thread = (id: string, mentions: number) => {
    const last = { ...said(8, {}), id: `a-${id}`, threadId: id, text: `answer ${id}` }
    return { groupId: 'g', head: { ...said(1, {}), id, replyCount: 1 }, last, follows: true, unread: 1, mentions }
  }
  const threads = [thread('t1', 0), thread('t2', 1)]
  vi.spyOn(groups, 'listThreads').mockResolvedValue(create(ListThreadsResponseSchema, { threads }))
  button('Threads')?.click()
  await vi.waitFor(() => expect(rows()).toHaveLength(2))
  button('Unread')?.click()
  await vi.waitFor(() => expect(rows()).toEqual([expect.stringContaining('answer t1')]))
})

test('all of it is marked as read at once: what calls the person, and the threads that they follow', async () => {
  const { button, unread } = await opened(2, [5, 4, 3])
  const chat = useChat()
  chat.conversations.set('quiet', {
    ...chat.conversations.get('g'),
    id: 'quiet',
    read: { ...NOTHING_READ, unread: 3 },
  } as Conversation)
  const head = { ...said(1, {}), id: 't1', replyCount: 1 }
  const thread = { groupId: 'g', head, last: { ...said(8, {}), id: 'a1', threadId: 't1' }, follows: true, unread: 1 }
  const answer = (count: number) => create(ListThreadsResponseSchema, { threads: [{ ...thread, unread: count }] })
  const list = vi.spyOn(groups, 'listThreads').mockResolvedValue(answer(1))
  const markRead = vi.spyOn(groups, 'markRead').mockResolvedValue(create(MarkReadResponseSchema))
  await useMyThreads().load()
  list.mockResolvedValue(answer(0))
  chat.update('g', (present) => ({ ...present, seqs: { ...present.seqs, messages: 8 }, lastMessageSeq: 8 }))
  button('Mark all as read')?.click()
  await vi.waitFor(() => expect([unread(), useMyThreads().unread.length]).toEqual([0, 0]))
  await vi.waitFor(() => expect(button('Mark all as read')).toBeUndefined())
  await vi.waitFor(() =>
    expect(markRead.mock.calls.map(([{ groupId, threadId }]) => [groupId, threadId])).toEqual(
      expect.arrayContaining([
        ['g', 't1'],
        ['g', ''],
      ]),
    ),
  )
  expect(chat.conversations.get('quiet')?.read.unread).toBe(3)
})

test('where nothing concerns the person, it says so', async () => {
  await opened(0, [])
  expect(document.querySelector('[role=dialog] [role=status]')?.textContent?.trim()).toBe(
    'Mentions of you and replies to you will appear here.',
  )
})
