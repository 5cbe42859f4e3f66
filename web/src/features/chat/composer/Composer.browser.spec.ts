import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind, GroupSettingsSchema } from '@beseda/proto/group/v1/events'
import { PostMessageResponseSchema } from '@beseda/proto/group/v1/group_service'
import { UserSchema } from '@beseda/proto/identity/v1/identity_service'
import { mentionOf } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import type {} from '@vitest/browser-playwright'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { cdp, userEvent } from 'vitest/browser'
import { createApp, h, nextTick } from 'vue'
import { keepKeysOfInputMethods } from '../../../commands/input-method.js'
import { allWords } from '../../../i18n/index.js'
import { groups as service } from '../../../net/index.js'
import { useAccount } from '../../../stores/account.js'
import { useChat } from '../../../stores/chat.js'
import { useComposing } from '../../../stores/composing.js'
import { useDirectory } from '../../../stores/directory.js'
import { useDrafts } from '../../../stores/drafts.js'
import { type ChatMessage, type Conversation, NOTHING_FETCHED, NOTHING_READ } from '../../../sync/model/model.js'
import { useTakeBack } from '../message/use-take-back.js'
import Composer from './Composer.vue'

const id = (n: number) => `017f22e2-79b0-7cc3-98c4-${String(n).padStart(12, '0')}`
const PEOPLE = [
  [id(1), 'alex.one', 'Alex'],
  [id(2), 'alex.two', 'Alex'],
  [id(3), 'anna_k', 'Anna'],
  [id(4), 'belle', 'Annabelle'],
  [id(5), 'emma', 'Emma Hartley'],
] as const

const conversation = (number: number): Conversation => ({
  id: id(number),
  epoch: 'e',
  seqs: { group: 0, roster: 0, messages: 0, calls: 0 },
  kind: GroupKind.GROUP,
  name: 'Club',
  topic: '',
  avatarFileId: '',
  settings: create(GroupSettingsSchema),
  archived: false,
  peerId: '',
  role: Role.MEMBER,
  memberCount: PEOPLE.length,
  members: new Map(PEOPLE.map(([userId]) => [userId, Role.MEMBER])),
  mutes: new Map(),
  joinRequests: 0,
  messages: [],
  hasOlder: false,
  hasNewer: false,
  thread: undefined,
  lastActivityAt: 0,
  lastMessageSeq: 0,
  lastMessage: undefined,
  read: NOTHING_READ,
  hidden: 0,
  countersStale: false,
  silent: new Set(),
  asOf: NOTHING_FETCHED,
  hiddenAhead: [],
})

let unmount: () => void = () => undefined
let groups = 100
beforeAll(async () => {
  keepKeysOfInputMethods()
  await allWords()
})
beforeEach(() => setActivePinia(createPinia()))
afterEach(() => {
  unmount()
  vi.restoreAllMocks()
})

/** A composer in a conversation of its own, and what it sends. */
async function mounted() {
  const pinia = createPinia()
  setActivePinia(pinia)
  const group = conversation(++groups)
  useDirectory().remember(
    PEOPLE.map(([userId, username, displayName]) => create(UserSchema, { id: userId, username, displayName })),
  )
  const send = vi.spyOn(useChat(), 'send').mockResolvedValue(undefined)
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp({ render: () => h(Composer, { conversation: group, name: 'Club' }) })
  app.use(pinia).mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
    unmount = () => undefined
  }
  const field = place.querySelector('textarea')
  if (!field) throw new Error('no field')
  field.focus()
  const options = () => [...place.querySelectorAll<HTMLElement>('[role=option]')]
  return {
    group,
    place,
    field,
    options,
    sent: () => send.mock.calls.map(([, { text }]) => text),
    button: () => place.querySelector<HTMLButtonElement>('button[type=submit]'),
    /** Chooses the person with this user name for the letters. */
    async choose(letters: string, username: string) {
      await userEvent.keyboard(`@${letters}`)
      await vi.waitFor(() => expect(options().some(({ textContent }) => textContent?.includes(username))).toBe(true))
      options()
        .find(({ textContent }) => textContent?.includes(username))
        ?.dispatchEvent(new MouseEvent('mousedown', { bubbles: true, cancelable: true }))
      await nextTick()
    },
  }
}

describe('people', () => {
  test('two of one name are two', async () => {
    const { choose, sent } = await mounted()
    await choose('Alex', 'alex.one')
    await userEvent.keyboard('and ')
    await choose('Alex', 'alex.two')
    await userEvent.keyboard('{Enter}')
    expect(sent()).toEqual([`${mentionOf(id(1))} and ${mentionOf(id(2))}`])
  })

  test('a name that was typed by hand calls, if it is one person’s', async () => {
    const { sent } = await mounted()
    await userEvent.keyboard('@emma and @Alex, @Annabelle, @all {Enter}')
    expect(sent()).toEqual([`${mentionOf(id(5))} and @Alex, @Annabelle, ${mentionOf('all')}`])
  })

  test('editing keeps whom a message mentions, and nobody sees an id', async () => {
    const { group, field, place } = await mounted()
    const text = `${mentionOf(id(2))} and ${mentionOf(id(1))}`
    const edit = vi.fn()
    vi.spyOn(globalThis, 'fetch').mockImplementation(async (_, options) => {
      edit(new TextDecoder().decode(options?.body as Uint8Array))
      return new Response('{}', { status: 500 })
    })
    useComposing().edit(group.id, { id: id(50), threadId: '', text, attachments: [] } as unknown as ChatMessage)
    await vi.waitFor(() => expect(field.value).toBe('@Alex and @Alex'))
    expect(place.textContent).not.toContain(id(1).slice(0, 8))
    field.setSelectionRange(field.value.length, field.value.length)
    await userEvent.keyboard('!{Enter}')
    await vi.waitFor(() => expect(edit).toHaveBeenCalledWith(expect.stringContaining(`${text}!`)))
  })
})

describe('↑', () => {
  const said = (n: number, text: string) => ({
    id: id(n),
    authorId: useAccount().userId,
    threadId: '',
    text,
    attachments: [],
  })

  test('edits what was said last; what is on its way is waited for, until a key is pressed', async () => {
    const { group, field } = await mounted()
    Object.assign(group, { messages: [said(50, 'the one before')] })
    const chat = useChat()
    const leave = (n: number, text: string) =>
      Object.assign(chat, { outgoing: [{ id: id(n), groupId: group.id, text }] })
    const arrive = (n: number, text: string) => {
      Object.assign(group, { messages: [...(group.messages ?? []), said(n, text)] })
      Object.assign(chat, { outgoing: [] })
    }
    leave(51, 'just now')
    await import('./edit-last.js')
    await userEvent.keyboard('{ArrowUp}')
    await nextTick()
    expect(field.value).toBe('')
    arrive(51, 'just now')
    await vi.waitFor(() => expect(field.value).toBe('just now'))
    await userEvent.keyboard('{Escape}')
    await vi.waitFor(() => expect(field.value).toBe(''))

    leave(52, 'and now')
    await userEvent.keyboard('{ArrowUp}{Shift}')
    arrive(52, 'and now')
    await nextTick()
    expect(useComposing().of(group.id, '').editing).toBeUndefined()
  })

  test('with Alt held, it belongs to the list of conversations', async () => {
    const { group, place } = await mounted()
    Object.assign(group, { messages: [said(50, 'mine')] })
    const left = vi.fn()
    place.addEventListener('keydown', (event) => left(event.key, event.defaultPrevented))
    await userEvent.keyboard('{Alt>}{ArrowUp}{/Alt}')
    expect(left).toHaveBeenCalledWith('ArrowUp', false)
    expect(useComposing().of(group.id, '').editing).toBeUndefined()
  })
})

describe('completions', () => {
  test.each(['mail@an', 'at 12:sm', 'https://:sm', '`@an', '> @an', '~/@an', '`:smi'])(
    'stay away from %s',
    async (text) => {
      const { options, field } = await mounted()
      await userEvent.keyboard(text)
      expect(field.value).toBe(text)
      expect(options()).toEqual([])
    },
  )

  test('follow the caret, and put it behind what was chosen', async () => {
    const { options, field } = await mounted()
    await userEvent.keyboard('@an is here')
    expect(options()).toEqual([])
    field.setSelectionRange(3, 3)
    field.dispatchEvent(new KeyboardEvent('keyup', { key: 'ArrowLeft', bubbles: true }))
    await vi.waitFor(() => expect(options()).toHaveLength(2))
    await userEvent.keyboard('{Enter}')
    expect([field.value, field.selectionStart]).toEqual(['@Anna  is here', 6])
  })
})

describe('an input method', () => {
  const compose = (text: string) =>
    cdp().send('Input.imeSetComposition', { text, selectionStart: text.length, selectionEnd: text.length })

  test('composes words that can be sent and completed', async () => {
    const { button, options } = await mounted()
    await compose('hello')
    await vi.waitFor(() => expect(button()?.disabled).toBe(false))
    await cdp().send('Input.insertText', { text: 'hello @' })
    await compose('Em')
    await vi.waitFor(() =>
      expect(options().map(({ textContent }) => textContent)).toEqual([expect.stringContaining('Emma')]),
    )
  })

  test('keeps its Enter, also where the browser tells of it afterwards', async () => {
    const { field, sent, options } = await mounted()
    const enter = (init: KeyboardEventInit) =>
      field.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true, ...init }))
    await userEvent.keyboard('hello')
    enter({ isComposing: true })
    enter({ keyCode: 229 })
    expect(sent()).toEqual([])
    await userEvent.keyboard(' @emma')
    await vi.waitFor(() => expect(options()).toHaveLength(1))
    enter({ keyCode: 229 })
    expect(field.value).toBe('hello @emma')
    enter({ keyCode: 13 })
    expect(field.value).toBe('hello @Emma Hartley ')
  })
})

test('text that comes with a picture of itself is text, and a picture alone is a file', async () => {
  const { field, place } = await mounted()
  // There is no server to take the file.
  const send = vi.spyOn(XMLHttpRequest.prototype, 'send').mockImplementation(() => undefined)
  const paste = (text: string) => {
    const clipboardData = new DataTransfer()
    if (text) clipboardData.setData('text/plain', text)
    clipboardData.items.add(new File(['x'], 'image.png', { type: 'image/png' }))
    return field.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true }))
  }
  expect(paste('a\tb')).toBe(true)
  expect(place.textContent).not.toContain('image.png')
  expect(paste('')).toBe(false)
  await vi.waitFor(() => expect(place.textContent).toContain('image.png'))
  // Later than this test it would go to the network.
  await vi.waitFor(() => expect(send).toHaveBeenCalled())
})

describe('what is sent', () => {
  test('is without invisible characters; nothing to see is nothing to send', async () => {
    const { field, sent, button } = await mounted()
    field.setRangeText('\u202aC:\\x\u001b[31m\ufeff', 0, 0, 'end')
    field.dispatchEvent(new InputEvent('input', { bubbles: true }))
    await userEvent.keyboard('{Enter}')
    expect(sent()).toEqual(['C:\\x'])
    field.setRangeText('\u200b\u2060', 0, field.value.length, 'end')
    field.dispatchEvent(new InputEvent('input', { bubbles: true }))
    await nextTick()
    expect(button()?.disabled).not.toBe(false)
  })

  test('and was refused comes back into the field, in front of what stands there', async () => {
    const { group, field, sent } = await mounted()
    const chat = useChat()
    const text = `dear ${mentionOf(id(1))}`
    const refused = { id: id(60), groupId: group.id, userId: '', createdAt: 1, text, refused: 'BAD_TEXT' }
    vi.spyOn(chat, 'discard').mockResolvedValue(undefined)
    chat.outgoing = [refused]
    const { mayTakeBack, takeBack } = useTakeBack()
    await userEvent.keyboard('and @emma')
    expect(mayTakeBack(refused.id)).toBe(true)
    await takeBack(refused.id)
    expect(chat.discard).toHaveBeenCalledWith(refused.id)
    await vi.waitFor(() => expect(field.value).toBe('dear @Alex\nand @emma'))
    expect(useDrafts().of(group.id, '').mentions).toEqual([['Alex', id(1), 5]])
    field.setSelectionRange(field.value.length, field.value.length)
    await userEvent.keyboard(' {Enter}')
    expect(sent()).toEqual([`dear ${mentionOf(id(1))}\nand ${mentionOf(id(5))}`])
  })

  test('is counted as the server counts: a mention is one character', async () => {
    const { field, sent, choose, place } = await mounted()
    const fill = async (text: string) => {
      field.setRangeText(text, 0, field.value.length, 'end')
      field.dispatchEvent(new InputEvent('input', { bubbles: true }))
      await nextTick()
    }
    await fill(`${'x'.repeat(3_998)} `)
    await choose('Anna', 'anna_k')
    expect(place.querySelector('[role=alert]')).toBeNull()
    await userEvent.keyboard('y')
    await vi.waitFor(() => expect(place.querySelector('[role=alert]')?.textContent).toContain('2'))
    await userEvent.keyboard('{Backspace}{Enter}')
    expect(sent()).toEqual([`${'x'.repeat(3_998)} ${mentionOf(id(3))}`])
  })
})

test('a poll is asked with a command, and is there once it was posted; what follows is the question', async () => {
  const post = vi.spyOn(service, 'postMessage').mockResolvedValue(create(PostMessageResponseSchema))
  const { field, sent } = await mounted()
  await userEvent.keyboard('/poll Tea?{Enter}')
  const form = () => document.querySelector<HTMLElement>('[role=dialog] form')
  await vi.waitFor(() => expect(form()?.querySelector('textarea')?.value).toBe('Tea?'))
  const [yes, no] = [...(form()?.querySelectorAll<HTMLInputElement>('ol input') ?? [])]
  await userEvent.type(yes as Element, 'yes')
  await userEvent.type(no as Element, 'no')
  expect(field.value).toBe('/poll Tea?')
  form()?.querySelector<HTMLElement>('[type=submit]')?.click()
  await vi.waitFor(() => expect(field.value).toBe(''))
  expect(post.mock.calls.map(([{ text, poll }]) => [text, poll?.options])).toEqual([['Tea?', ['yes', 'no']]])
  expect(sent()).toEqual([])
})
