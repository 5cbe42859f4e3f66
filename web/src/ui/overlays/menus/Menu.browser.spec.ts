import { afterEach, beforeAll, expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { createApp, defineComponent, h, nextTick, ref } from 'vue'
import { allWords } from '../../../i18n/index.js'
import IconButton from '../../controls/IconButton.vue'
import TextField from '../../controls/TextField.vue'
import Modal from '../Modal.vue'
import Tooltips from '../Tooltips.vue'
import Menu from './Menu.vue'
import MenuItem from './MenuItem.vue'

beforeAll(allWords)
let unmount = () => {}
afterEach(() => unmount())

/** A field, and a menu whose items lead to it, open a dialog, or do neither. Keys and clicks are real. */
function mounted() {
  const open = ref(false)
  const text = ref('')
  const Page = defineComponent({
    setup: () => () => [
      h('input', { 'aria-label': 'Composer' }),
      h(Menu, null, {
        trigger: () => h(IconButton, { label: 'More' }, { default: () => '…' }),
        default: () => [
          // As the composer does it: when what is edited has been rendered.
          h(
            MenuItem,
            {
              onSelect: async () => {
                await nextTick()
                document.querySelector<HTMLElement>('[aria-label=Composer]')?.focus()
              },
            },
            { default: () => 'Edit' },
          ),
          h(MenuItem, { onSelect: () => (open.value = true) }, { default: () => 'Rename' }),
          h(MenuItem, { onSelect: () => undefined }, { default: () => 'Copy' }),
        ],
      }),
      h(
        Modal,
        { open: open.value, 'onUpdate:open': (now: boolean) => (open.value = now), title: 'Rename' },
        { default: () => h(TextField, { modelValue: text.value, label: 'Name' }) },
      ),
      h(Tooltips),
    ],
  })
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp(Page)
  app.mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
  }
  return { more: place.querySelector('button') as HTMLButtonElement }
}
const focused = () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.tagName
const item = (name: string) =>
  [...document.querySelectorAll<HTMLElement>('[role=menuitem]')].find(({ textContent }) => textContent?.includes(name))

async function openMenu(more: HTMLElement): Promise<void> {
  more.focus()
  await userEvent.keyboard('{Enter}')
  await expect.poll(() => item('Edit')).toBeTruthy()
}

test('an item that leads to a field leaves the keyboard there: what is typed arrives', async () => {
  const { more } = mounted()
  await openMenu(more)
  await expect.poll(() => document.activeElement?.textContent).toContain('Edit')
  await userEvent.keyboard('{Enter}')
  await expect.poll(focused).toBe('Composer')
  await expect.poll(() => item('Edit')).toBeUndefined()
  await userEvent.keyboard('again')
  expect((document.activeElement as HTMLInputElement).value).toBe('again')
})

test('so does a click', async () => {
  const { more } = mounted()
  await userEvent.click(more)
  await expect.poll(() => item('Edit')).toBeTruthy()
  await userEvent.click(item('Edit') as HTMLElement)
  await expect.poll(focused).toBe('Composer')
  await userEvent.keyboard('typed')
  expect((document.activeElement as HTMLInputElement).value).toBe('typed')
})

test('a dialog has the focus while it is open, and gives it back to the button of the menu', async () => {
  const { more } = mounted()
  await openMenu(more)
  await userEvent.keyboard('{ArrowDown}{Enter}')
  await expect.poll(() => document.querySelector('[role=dialog] input') === document.activeElement).toBe(true)
  expect(document.querySelector('[role=dialog]')?.getAttribute('aria-modal')).toBe('true')
  await userEvent.keyboard('{Escape}')
  await expect.poll(focused).toBe('More')
})

test('after an item that opens nothing, and after Escape, the focus is on the button', async () => {
  const { more } = mounted()
  for (const keys of ['{ArrowDown}{ArrowDown}{Enter}', '{Escape}']) {
    await openMenu(more)
    await userEvent.keyboard(keys)
    await expect.poll(() => item('Edit')).toBeUndefined()
    await expect.poll(focused).toBe('More')
  }
})

test('no tooltip lies over the open menu', async () => {
  mounted()
  const tip = () =>
    [...document.querySelectorAll<HTMLElement>('[aria-hidden=true].fixed')].map((one) => one.textContent?.trim())
  await userEvent.tab()
  await userEvent.tab()
  await expect.poll(tip).toEqual(['More'])
  await userEvent.keyboard('{Enter}')
  await expect.poll(() => item('Edit')).toBeTruthy()
  await userEvent.hover(document.querySelector('[aria-label=More]') as HTMLElement)
  await new Promise((resolve) => setTimeout(resolve, 600))
  expect(tip()).toEqual([])
})

test('a button that is no toggle is not announced as one', () => {
  expect(mounted().more.hasAttribute('aria-pressed')).toBe(false)
})
