import { afterEach, expect, test } from 'vitest'
import { createApp, h, nextTick, ref } from 'vue'
import { useRoving } from './use-roving.js'

let unmount = () => {}
afterEach(() => unmount())

/** A list that renders only the `drawn` items, like a virtual list. */
function mountList(start: 'first' | 'last' = 'first') {
  const keys = ref(['a', 'b', 'c', 'd'])
  const drawn = ref(['a', 'b', 'c'])
  const root = document.createElement('div')
  document.body.append(root)
  const elementOf = (key: string) => root.querySelector<HTMLElement>(`[data-key="${key}"]`)
  const app = createApp({
    setup() {
      const roving = useRoving({
        keys: () => keys.value,
        elementOf,
        start,
        reveal: (key) => {
          drawn.value = [...drawn.value, key]
          return nextTick()
        },
      })
      return () =>
        h(
          'ul',
          { onKeydown: roving.onKeydown, onFocusin: roving.onFocusin },
          keys.value
            .filter((key) => drawn.value.includes(key))
            .map((key) =>
              h('li', { key, 'data-key': key, tabindex: roving.tabindexOf(key) }, [h('input', { id: `in-${key}` })]),
            ),
        )
    },
  })
  app.mount(root)
  unmount = () => {
    app.unmount()
    root.remove()
  }
  const focused = () => document.activeElement?.getAttribute('data-key')
  const press = async (key: string, from: Element | null = document.activeElement) => {
    from?.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
    await nextTick()
    await nextTick()
    await nextTick()
  }
  const stops = () => [...root.querySelectorAll('[tabindex="0"]')].map((element) => element.getAttribute('data-key'))
  return { keys, elementOf, focused, press, stops }
}

test('the list is one Tab stop, and the arrows move inside it', async () => {
  const list = mountList()
  expect(list.stops()).toEqual(['a'])
  list.elementOf('a')?.focus()
  await list.press('ArrowDown')
  expect(list.focused()).toBe('b')
  expect(list.stops()).toEqual(['b'])
})

test('an item that is not rendered is rendered and gets the focus', async () => {
  const list = mountList()
  list.elementOf('a')?.focus()
  await list.press('End')
  expect(list.focused()).toBe('d')
})

test('items inserted before it leave the Tab stop in place', async () => {
  const list = mountList()
  list.elementOf('b')?.focus()
  list.keys.value = ['new', ...list.keys.value]
  await nextTick()
  expect(list.stops()).toEqual(['b'])
})

test('when its item is removed, the Tab stop returns to the start of the list', async () => {
  const list = mountList('last')
  list.elementOf('b')?.focus()
  list.keys.value = ['a', 'c']
  await nextTick()
  expect(list.stops()).toEqual(['c'])
})

test('somebody who types inside an item keeps the arrows', async () => {
  const list = mountList()
  const box = document.querySelector<HTMLInputElement>('#in-a')
  box?.focus()
  await list.press('ArrowDown', box)
  expect(document.activeElement).toBe(box)
})
