import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind, GroupSettingsSchema } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { createApp, h, nextTick, ref } from 'vue'
import { stepBack } from '../../../commands/escape.js'
import { allWords, seldomWords } from '../../../i18n/index.js'
import { groups } from '../../../net/index.js'
import { signedIn } from '../../../stores/testing.js'
import type { Conversation } from '../../../sync/model/model.js'
import { toasts } from '../../../ui/feedback/toasts.js'
import type { ShownMessage } from '../timeline/shown-message.js'
import { MOST_CHOSEN } from './choosing.js'
import SelectionBar from './SelectionBar.vue'
import { useSelection } from './selection.js'

let unmount: () => void = () => undefined
beforeAll(() => allWords().then(seldomWords))
afterEach(() => {
  unmount()
  vi.restoreAllMocks()
  toasts.value = []
})

const CONVERSATION = {
  ...{ id: 'g', kind: GroupKind.GROUP, role: Role.MEMBER, archived: false, members: new Map() },
  settings: create(GroupSettingsSchema),
} as unknown as Conversation
const row = (n: number, more: Partial<ShownMessage> = {}) => {
  const message = { id: `m${n}`, seq: n, index: 0, authorId: 'ann', authorName: '', text: `text ${n}`, attachments: [] }
  const shown = { ...message, sentAt: 0, state: 'sent', deleted: false, ...more } as unknown as ShownMessage
  return { kind: 'message' as const, key: shown.id, head: true, message: shown }
}

/** The bar under a list of messages, of which the first is chosen. */
async function choosing(count = 5, more: Partial<ShownMessage>[] = []) {
  signedIn('ann')
  const pinia = createPinia()
  setActivePinia(pinia)
  toasts.value = []
  const rows = Array.from({ length: count }, (_, i) => row(i + 1, more[i]))
  const selection = useSelection()
  const [first] = rows
  if (first) selection.start('g', first.message)
  const pressed = vi.fn()
  const log = ref<HTMLElement>()
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp({
    render: () =>
      h('div', { ref: log }, [
        ...rows.map(({ key }) =>
          h('article', { 'data-message': key, tabindex: 0 }, [h('button', { onClick: pressed, class: key }, key)]),
        ),
        selection.groupId === 'g' && log.value
          ? h(SelectionBar, { conversation: CONVERSATION, rows, log: log.value } as never)
          : undefined,
      ]),
  })
  app.use(pinia).mount(place)
  await nextTick()
  await nextTick()
  unmount = () => {
    app.unmount()
    place.remove()
    unmount = () => undefined
  }
  const ids = () => [...selection.chosen.keys()].toSorted((a, b) => Number(a.slice(1)) - Number(b.slice(1)))
  const button = (text: string) =>
    [...document.querySelectorAll('button')].find((one) => one.textContent?.trim() === text)
  const click = (n: number, init: MouseEventInit = {}) =>
    place.querySelector(`.m${n}`)?.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, ...init }))
  return {
    selection,
    place,
    pressed,
    ids,
    button,
    click,
    status: () => place.querySelector('[role=status]')?.textContent,
  }
}

test('a click chooses, and presses nothing in the message; with Shift it chooses all up to there', async () => {
  const { click, ids, pressed, status } = await choosing()
  click(2)
  click(2)
  expect(ids()).toEqual(['m1'])
  click(2)
  click(4, { shiftKey: true })
  await nextTick()
  expect(ids()).toEqual(['m1', 'm2', 'm3', 'm4'])
  expect(status()).toBe('4 messages selected')
  expect(pressed).not.toHaveBeenCalled()
})

test('a long press, which is a context menu, chooses up to there', async () => {
  const { place, ids } = await choosing()
  const event = new MouseEvent('contextmenu', { bubbles: true, cancelable: true })
  place.querySelector('.m3')?.dispatchEvent(event)
  expect([ids(), event.defaultPrevented]).toEqual([['m1', 'm2', 'm3'], true])
})

test('by keyboard: Space chooses, Shift with an arrow takes the next along, letters of single messages do nothing', async () => {
  const { place, ids } = await choosing()
  const reply = vi.fn()
  place.addEventListener('keydown', ({ key }) => key === 'r' && reply())
  await vi.waitFor(() => expect(document.activeElement?.getAttribute('data-message')).toBe('m1'))
  await userEvent.keyboard('{Shift>}{ArrowDown}{/Shift}')
  expect(ids()).toEqual(['m1', 'm2'])
  place.querySelector<HTMLElement>('[data-message=m4]')?.focus()
  await userEvent.keyboard(' r')
  expect(ids()).toEqual(['m1', 'm2', 'm4'])
  expect(reply).not.toHaveBeenCalled()
})

test('Escape leaves, and so does taking the last one away; the focus stays in the list', async () => {
  const { selection, click } = await choosing()
  click(2)
  expect(stepBack()).toBe(true)
  expect([selection.groupId, selection.chosen.size]).toEqual(['', 0])
  expect(document.activeElement?.getAttribute('data-message')).toBe('m1')
  await nextTick()
  expect(stepBack()).toBe(false)
  const other = await choosing()
  other.click(1)
  expect(other.selection.groupId).toBe('')
})

test('messages that are being sent, or are deleted, cannot be selected; the number is limited', async () => {
  const { click, ids } = await choosing(MOST_CHOSEN + 3, [{}, { state: 'sending' }, { deleted: true }])
  click(2)
  click(3)
  expect(ids()).toEqual(['m1'])
  click(MOST_CHOSEN + 3, { shiftKey: true })
  expect(ids()).toEqual(['m1'])
  expect(toasts.value.map(({ text }) => text)).toEqual([`You can select up to ${MOST_CHOSEN} messages.`])
  click(MOST_CHOSEN + 2, { shiftKey: true })
  expect(ids()).toHaveLength(MOST_CHOSEN)
})

test('deleted for everyone in the order of the conversation, five seconds later, unless it is undone', async () => {
  const remove = vi.spyOn(groups, 'deleteMessage').mockResolvedValue({} as never)
  const { click, button, selection } = await choosing()
  click(3)
  click(2)
  await userEvent.click(button('Delete') as Element)
  await vi.waitFor(() => expect(button('Delete for everyone')).toBeDefined())
  vi.useFakeTimers()
  button('Delete for everyone')?.click()
  await nextTick()
  expect(selection.groupId).toBe('')
  expect(toasts.value.map(({ text }) => text)).toEqual(['3 messages deleted'])
  await vi.advanceTimersByTimeAsync(4_999)
  expect(remove).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  vi.useRealTimers()
  expect(remove.mock.calls.map(([{ messageId, forMe }]) => [messageId, forMe])).toEqual([
    ['m1', false],
    ['m2', false],
    ['m3', false],
  ])
})

test('of somebody else’s messages only one’s own copy can be deleted, and it is said how many are not', async () => {
  const { click, button } = await choosing(3, [{}, { authorId: 'bob' }])
  click(2)
  await userEvent.click(button('Delete') as Element)
  await vi.waitFor(() => expect(button('Delete for me')).toBeDefined())
  expect(button('Delete for everyone')).toBeUndefined()
  expect(document.body.textContent).toContain('You can delete 1 of 2 for everyone.')
})
