import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { userEvent } from 'vitest/browser'
import { createApp, defineComponent, h, nextTick, ref, shallowRef } from 'vue'
import { allWords } from '../../../i18n/index.js'
import ContextMenu from './ContextMenu.vue'
import MenuItem from './MenuItem.vue'
import type { MenuPoint } from './menu-point.js'
import { watchPresses } from './presses.js'

beforeAll(allWords)
let unmount = () => {}
afterEach(() => {
  getSelection()?.removeAllRanges()
  unmount()
})

/** Two rows with one menu, and a field that has none. */
async function mounted() {
  const chosen = vi.fn()
  const Page = defineComponent({
    setup() {
      const area = ref<HTMLElement>()
      const at = shallowRef<MenuPoint>()
      watchPresses(
        area,
        (target) => target.closest<HTMLElement>('[data-row]'),
        (point) => {
          at.value = point
        },
      )
      return () => [
        h('div', { ref: area }, [
          h('a', { href: '#one', 'data-row': 'one', style: 'display: block; width: 200px' }, 'One'),
          h('a', { href: '#two', 'data-row': 'two', style: 'display: block; width: 200px' }, 'Two'),
          h('input', { 'aria-label': 'Field' }),
        ]),
        h(
          ContextMenu,
          { at: at.value, label: 'Row', onClose: () => (at.value = undefined) },
          {
            default: () => h(MenuItem, { onSelect: () => chosen(at.value?.from.dataset.row) }, { default: () => 'Do' }),
          },
        ),
      ]
    },
  })
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp(Page)
  app.mount(place)
  // The listeners are there once the area is.
  await nextTick()
  unmount = () => {
    app.unmount()
    place.remove()
  }
  const row = (name: string) => place.querySelector(`[data-row=${name}]`) as HTMLElement
  return { chosen, row, field: place.querySelector('input') as HTMLInputElement }
}
const menu = () => document.querySelector<HTMLElement>('[role=menu]')
const opened = () => expect.poll(() => menu()?.querySelector('[role=menuitem]')).toBeTruthy()
const gone = () => expect.poll(menu).toBeNull()
const point = { bubbles: true, cancelable: true, clientX: 30, clientY: 10 }
const touch = (type: string, element: HTMLElement, x = 30) =>
  element.dispatchEvent(new PointerEvent(type, { ...point, clientX: x, pointerType: 'touch', isPrimary: true }))

test('a right click opens the menu of the row where it was pressed; Escape gives the row the focus', async () => {
  const { row } = await mounted()
  await userEvent.click(row('two'), { button: 'right' })
  await opened()
  await userEvent.keyboard('{Escape}')
  await gone()
  expect(document.activeElement).toBe(row('two'))
})

test('the key for menus opens that of the focused row, and its first item is reached by an arrow', async () => {
  const { row, chosen } = await mounted()
  row('one').focus()
  row('one').dispatchEvent(new MouseEvent('contextmenu', { bubbles: true, cancelable: true }))
  await opened()
  await userEvent.keyboard('{ArrowDown}{Enter}')
  await gone()
  expect(chosen).toHaveBeenCalledExactlyOnceWith('one')
  expect(document.activeElement).toBe(row('one'))
})

test('a long press opens it, and letting go presses nothing; a finger that moves scrolls', async () => {
  const { row } = await mounted()
  touch('pointerdown', row('one'))
  touch('pointermove', row('one'), 90)
  touch('pointerup', row('one'), 90)
  touch('pointerdown', row('two'))
  await opened()
  touch('pointerup', row('two'))
  const click = new MouseEvent('click', point)
  row('two').dispatchEvent(click)
  expect(click.defaultPrevented).toBe(true)
  await userEvent.keyboard('{Escape}')
  await gone()
  expect(document.activeElement).toBe(row('two'))
})

test('a field, selected text, and a right click with Shift have the browser’s own menu', async () => {
  const { row, field } = await mounted()
  const isOurs = (element: HTMLElement, more: MouseEventInit = {}) => {
    const event = new MouseEvent('contextmenu', { ...point, button: 2, ...more })
    element.dispatchEvent(event)
    return event.defaultPrevented
  }
  expect([isOurs(field), isOurs(row('one'), { shiftKey: true })]).toEqual([false, false])
  getSelection()?.selectAllChildren(row('one'))
  expect(isOurs(row('one'))).toBe(false)
  expect(isOurs(row('two'))).toBe(true)
})
