import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import {
  FollowThreadResponseSchema,
  ListThreadsResponseSchema,
  MarkReadResponseSchema,
} from '@beseda/proto/group/v1/group_service'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createApp, h, ref } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { allWords, seldomWords } from '../../i18n/index.js'
import { groups } from '../../net/index.js'
import { useChat } from '../../stores/chat.js'
import { openedPage } from '../../stores/testing.js'
import { type Conversation, NOTHING_READ } from '../../sync/model/model.js'
import ThreadsDialog from './ThreadsDialog.vue'

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

/** A server on which ann follows threads `t1`, `t2`, …, in each of which bob has answered; `unread`: of each. */
async function opened(...unread: number[]) {
  openedPage()
  const state = new Map(unread.map((count, i) => [`t${i + 1}`, { count, follows: true }]))
  const summaryOf = (id: string) => {
    const n = Number(id.slice(1))
    const { count = 0, follows = false } = state.get(id) ?? {}
    const head = { id, groupId: 'g', authorId: 'ann', text: `question ${n}`, seq: BigInt(n), replyCount: 2 }
    const last = { id: `a${n}`, groupId: 'g', authorId: 'bob', text: `answer ${n}`, seq: BigInt(10 + n), threadId: id }
    const at = timestampFromMs(n * 1000)
    return { groupId: 'g', head: { ...head, sentAt: at }, last: { ...last, sentAt: at }, follows, unread: count }
  }
  vi.spyOn(groups, 'listThreads').mockImplementation(async ({ threadId = '', unread: only = false }) => {
    const all = [...state.keys()].map(summaryOf)
    const threads =
      threadId === ''
        ? all.filter((thread) => thread.follows && (!only || thread.unread > 0))
        : all.filter(({ head }) => head.id === threadId)
    return create(ListThreadsResponseSchema, { threads })
  })
  const marked = vi.spyOn(groups, 'markRead').mockImplementation(async ({ threadId = '' }) => {
    state.set(threadId, { count: 0, follows: true })
    return create(MarkReadResponseSchema)
  })
  vi.spyOn(groups, 'followThread').mockImplementation(async ({ threadId = '', follows = false }) => {
    state.set(threadId, { count: 0, follows })
    return create(FollowThreadResponseSchema, { thread: summaryOf(threadId) })
  })
  const conversation = { id: 'g', kind: GroupKind.GROUP, name: 'Club', role: Role.MEMBER, read: NOTHING_READ }
  useChat().conversations.set('g', { ...conversation, lastActivityAt: 0 } as unknown as Conversation)
  const open = ref(false)
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp({
    render: () => h(ThreadsDialog, { open: open.value, 'onUpdate:open': (now: boolean) => (open.value = now) }),
  })
  app.use(router).mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
    unmount = () => undefined
  }
  open.value = true
  const rows = () => [...document.querySelectorAll('[role=dialog] li')].map(({ textContent }) => textContent ?? '')
  const button = (name: string) =>
    [...document.querySelectorAll<HTMLElement>('[role=dialog] button')].find(
      ({ ariaLabel, textContent }) => (ariaLabel ?? '') === name || textContent?.includes(name),
    )
  await vi.waitFor(() => expect(rows()).toHaveLength(unread.length))
  return { rows, button, open, marked }
}

test('a thread says where it is, how it began, who answered last, and how much is new; the unread first', async () => {
  const { rows } = await opened(2, 0)
  expect(rows()[0]).toMatch(/Club.*2 replies.*question 1.*answer 1.*2/s)
  expect(rows()[1]).toMatch(/question 2/)
  expect(document.querySelector('[role=dialog] li [role=img][aria-label="2 new replies"]')).not.toBeNull()
})

test('only the unread ones, marked as read one by one or all', async () => {
  const { rows, button, marked } = await opened(2, 1, 0)
  button('Unread')?.click()
  await vi.waitFor(() => expect(rows()).toHaveLength(2))
  button('Mark as read')?.click()
  await vi.waitFor(() => expect(rows()).toHaveLength(1))
  button('Mark all as read')?.click()
  await vi.waitFor(() => expect(rows()).toEqual([]))
  expect(marked.mock.calls.map(([{ threadId }]) => threadId)).toEqual(['t2', 't1'])
  expect(document.querySelector('[role=dialog] [role=status]')?.textContent?.trim()).toBe('No new replies')
})

test('one that is not followed any more leaves the list', async () => {
  const { rows, button } = await opened(0, 0)
  button('Unfollow thread')?.click()
  await vi.waitFor(() => expect(rows()).toHaveLength(1))
  expect(rows()[0]).toContain('question 1')
})

test('a thread that is chosen is opened at its last answer', async () => {
  const push = vi.spyOn(router, 'push').mockResolvedValue(undefined)
  const { button, open } = await opened(1)
  button('question 1')?.click()
  await vi.waitFor(() => expect(push).toHaveBeenCalledOnce())
  expect(push).toHaveBeenCalledWith({ name: 'conversation', params: { groupId: 'g' }, query: { m: 'a1' } })
  expect(open.value).toBe(false)
})

test('who follows nothing is told what will be here', async () => {
  await opened()
  await vi.waitFor(() =>
    expect(document.querySelector('[role=dialog] [role=status]')?.textContent?.trim()).toBe(
      'Threads that you start, reply in or are mentioned in will appear here.',
    ),
  )
})
