import { afterEach, beforeEach, expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { createApp, defineComponent, h, reactive, ref } from 'vue'
import GrowingField from '../../../../ui/controls/GrowingField.vue'
import AnchoredList from './AnchoredList.vue'

/** A list above a field, as in a conversation. Keys are real keys. */
const rows = Array.from({ length: 60 }, (_, i) => ({ key: `m${i}`, height: 30 + ((i * 37) % 60) }))
const frames = async (count = 4) => {
  for (let i = 0; i < count; i++) await new Promise((resolve) => requestAnimationFrame(resolve))
}
const state = reactive({ text: '', banner: 0, files: 0 })
let unmount: () => void = () => undefined
let list: HTMLElement
let field: HTMLTextAreaElement

beforeEach(async () => {
  Object.assign(state, { text: '', banner: 0, files: 0 })
  const place = document.createElement('div')
  document.body.append(place)
  const List = AnchoredList as unknown as ReturnType<typeof defineComponent>
  const bar = (height: number) => h('div', { style: { flex: 'none', height: `${height}px` } })
  const app = createApp({
    setup: () => ({ list: ref() }),
    render: () =>
      h('div', { style: { display: 'flex', flexDirection: 'column', width: '320px', height: '420px' } }, [
        bar(state.banner),
        h(
          List,
          { items: rows, sticks: true, style: { flex: '1', minHeight: '0' }, 'data-testid': 'list' },
          {
            before: () => h('div'),
            default: ({ item }: { item: { key: string; height: number } }) =>
              h('div', { 'data-id': item.key, style: { height: `${item.height}px` } }, item.key),
          },
        ),
        bar(state.files),
        h(
          GrowingField,
          { text: state.text, style: { flex: 'none', minHeight: '40px', maxHeight: '160px', padding: '8px' } },
          () =>
            h('textarea', {
              rows: 1,
              value: state.text,
              onInput: (event: Event) => {
                state.text = (event.target as HTMLTextAreaElement).value
              },
            }),
        ),
      ]),
  })
  app.mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
  }
  await frames()
  list = place.querySelector('[data-testid=list]') as HTMLElement
  field = place.querySelector('textarea') as HTMLTextAreaElement
})
afterEach(() => unmount())

const left = () => list.scrollHeight - list.clientHeight - list.scrollTop

test('the newest message stays in view while one writes, line after line, and when the lines go', async () => {
  await userEvent.click(field)
  for (let line = 1; line <= 8; line++) {
    const before = field.offsetHeight
    await userEvent.keyboard('a line of text{Shift>}{Enter}{/Shift}')
    await frames(2)
    expect(left()).toBeLessThan(1)
    if (line < 4) expect([field.value, field.offsetHeight > before]).toEqual(['a line of text\n'.repeat(line), true])
  }
  expect(field.offsetHeight).toBe(160)
  await userEvent.keyboard('{Control>}a{/Control}{Backspace}')
  await frames()
  expect([field.value, field.offsetHeight]).toEqual(['', 40])
  expect(left()).toBeLessThan(1)
})

test('a long text that wraps, and is pasted, keeps it, too', async () => {
  await userEvent.click(field)
  await userEvent.keyboard('word '.repeat(60))
  await frames(2)
  expect(left()).toBeLessThan(1)
  expect(field.offsetHeight).toBeGreaterThan(100)
  expect(field.scrollHeight - field.clientHeight).toBeLessThan(2)
})

test('so does whatever else takes height from the list, in whatever order', async () => {
  for (const change of [{ banner: 32 }, { files: 90 }, { banner: 0 }, { files: 0 }, { banner: 60, files: 120 }]) {
    Object.assign(state, change)
    await frames()
    expect(left()).toBeLessThan(1)
  }
})

test('a list that was higher for a moment, while something was measured, is still at its end', async () => {
  for (const [moment, height] of [
    [400, 200],
    [420, 240],
    [380, 120],
  ]) {
    list.style.flex = 'none'
    list.style.height = `${moment}px`
    void list.scrollTop
    list.style.height = `${height}px`
    await frames()
    expect(left()).toBeLessThan(1)
  }
})

test('who has scrolled up stays there while one writes', async () => {
  list.scrollTop -= 400
  await frames()
  const top = () => list.querySelector('[data-id=m40]')?.getBoundingClientRect().top
  const before = top()
  await userEvent.click(field)
  await userEvent.keyboard('one{Shift>}{Enter}{/Shift}two{Shift>}{Enter}{/Shift}three')
  await frames()
  expect(top()).toBeCloseTo(before ?? Number.NaN, 0)
  expect(left()).toBeGreaterThan(300)
})
