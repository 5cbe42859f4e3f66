import { Role } from '@beseda/proto/common/v1/roles'
import { AttachmentSchema, GroupKind } from '@beseda/proto/group/v1/events'
import { Contents, MessageSchema, SearchMessagesResponseSchema } from '@beseda/proto/group/v1/group_service'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { createApp, defineComponent, h, ref } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { allWords, seldomWords } from '../../../../i18n/index.js'
import { keepLocal } from '../../../../net/files.js'
import { groups } from '../../../../net/index.js'
import { openedPage } from '../../../../stores/testing.js'
import { chatMessage } from '../../../../sync/model/convert.js'
import { type Conversation, NOTHING_READ } from '../../../../sync/model/model.js'
import { provideConversation } from '../../message/use-conversation.js'
import Gallery from './Gallery.vue'

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

async function picture(): Promise<Blob> {
  const canvas = new OffscreenCanvas(600, 400)
  canvas.getContext('2d')?.fillRect(0, 0, 600, 400)
  return canvas.convertToBlob()
}

const said = (n: number) =>
  create(MessageSchema, {
    ...{ id: `m${n}`, groupId: 'g', authorId: 'bob', authorName: 'Bob', text: `words ${n}`, seq: BigInt(n) },
    sentAt: timestampFromMs(n * 1000),
    attachments: [
      { fileId: `f${n}`, name: `p${n}.png`, contentType: 'image/png', hasThumbnail: true, width: 600, height: 400 },
    ],
  })

/** The conversation of ann has pictures 1 to `all`; only that of `from` is loaded, and it is opened. */
async function opened(all: number, from: number) {
  openedPage()
  const blob = await picture()
  for (let n = 1; n <= all; n++) keepLocal(`f${n}`, blob)
  vi.spyOn(groups, 'searchMessages').mockImplementation(async ({ has = [], before, after, cursor = '' }) => {
    const isIn = (n: number) =>
      n * 1000 < (before ? timestampMs(before as never) : Number.POSITIVE_INFINITY) &&
      n * 1000 >= (after ? timestampMs(after as never) : 0)
    const ids = has[0] === Contents.PICTURE ? Array.from({ length: all }, (_, i) => all - i).filter(isIn) : []
    // Two a page.
    const at = Number(cursor)
    const next = at + 2 < ids.length ? String(at + 2) : ''
    return create(SearchMessagesResponseSchema, { messages: ids.slice(at, at + 2).map(said), next })
  })
  const more = { kind: GroupKind.GROUP, name: 'Club', role: Role.MEMBER, read: NOTHING_READ }
  const conversation = { id: 'g', messages: [chatMessage(said(from))], ...more } as unknown as Conversation
  const [open, place] = [ref(false), document.createElement('div')]
  document.body.append(place)
  const attachment = create(AttachmentSchema, said(from).attachments[0])
  const opener = () =>
    h(Gallery, {
      attachment,
      meanwhile: undefined,
      open: open.value,
      'onUpdate:open': (now: boolean) => (open.value = now),
    })
  const Page = defineComponent({
    setup() {
      provideConversation(() => conversation)
      return () => [h('button', { id: 'opener', onClick: () => (open.value = true) }, 'open'), opener()]
    },
  })
  const app = createApp(Page)
  app.use(router).mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
    unmount = () => undefined
  }
  const button = document.querySelector<HTMLButtonElement>('#opener')
  button?.focus()
  button?.click()
  const dialog = () => document.querySelector('[role=dialog]')
  const title = () => dialog()?.querySelector('h2')?.textContent ?? ''
  const named = (label: string) => dialog()?.querySelector<HTMLElement>(`[aria-label="${label}"]`)
  const image = () => dialog()?.querySelector<HTMLImageElement>('[data-gallery] img')
  await vi.waitFor(() => expect(image()?.naturalWidth).toBe(600))
  return { open, dialog, title, named, image }
}

test('it says which of how many it is, of whom, and goes to all others by keys and buttons', async () => {
  const { dialog, title, named } = await opened(7, 4)
  await vi.waitFor(() => expect(title()).toBe('4 of 7, p4.png'))
  expect(dialog()?.textContent).toMatch(/Bob.*words 4/s)
  await userEvent.keyboard('{ArrowRight}')
  await vi.waitFor(() => expect(title()).toBe('5 of 7, p5.png'))
  named('Previous picture')?.click()
  named('Previous picture')?.click()
  await vi.waitFor(() => expect(title()).toBe('3 of 7, p3.png'))
  await userEvent.keyboard('{End}{ArrowRight}')
  await vi.waitFor(() => expect(title()).toBe('7 of 7, p7.png'))
  expect(named('Next picture')).toBeNull()
  await userEvent.keyboard('{Home}')
  await vi.waitFor(() => expect(title()).toBe('1 of 7, p1.png'))
  expect(named('Previous picture')).toBeNull()
})

test('it is zoomed by keys, the wheel and a click, and whole again at the next one', async () => {
  const { image, title } = await opened(3, 2)
  await vi.waitFor(() => expect(title()).toBe('2 of 3, p2.png'))
  const scale = () => Number(/scale\(([\d.]+)\)/.exec(image()?.style.transform ?? '')?.[1] ?? 1)
  await userEvent.keyboard('+')
  await vi.waitFor(() => expect(scale()).toBeCloseTo(1.5))
  await userEvent.keyboard('0')
  await vi.waitFor(() => expect(scale()).toBe(1))
  image()?.dispatchEvent(new WheelEvent('wheel', { deltaY: -400, bubbles: true, cancelable: true }))
  await vi.waitFor(() => expect(scale()).toBeGreaterThan(1.5))
  await userEvent.keyboard('{ArrowRight}')
  await vi.waitFor(() => expect([title(), scale()]).toEqual(['3 of 3, p3.png', 1]))
  await vi.waitFor(() => expect(image()?.naturalWidth).toBe(600))
  const found = image()
  if (found) await userEvent.click(found)
  await vi.waitFor(() => expect(scale()).toBeCloseTo(2.5))
})

test('Escape and the back button close it, the focus returns, and the address stays', async () => {
  const { open } = await opened(2, 1)
  const { href, length } = { href: location.href, length: history.length }
  await userEvent.keyboard('{Escape}')
  await vi.waitFor(() => expect([open.value, document.activeElement?.id]).toEqual([false, 'opener']))
  document.querySelector<HTMLElement>('#opener')?.click()
  await vi.waitFor(() => expect(document.querySelector('[role=dialog]')).not.toBeNull())
  history.back()
  await vi.waitFor(() => expect(open.value).toBe(false))
  expect([location.href, history.length - length]).toEqual([href, 0])
})

test('the message of a picture is one press away', async () => {
  const { open, named } = await opened(2, 1)
  const replace = vi.spyOn(router, 'replace').mockResolvedValue(undefined)
  named('Go to message')?.click()
  await vi.waitFor(() => expect(replace).toHaveBeenCalledOnce())
  expect(replace).toHaveBeenCalledWith({ name: 'conversation', params: { groupId: 'g' }, query: { m: 'm1' } })
  expect(open.value).toBe(false)
})
