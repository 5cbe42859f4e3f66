import { afterEach, expect, test } from 'vitest'
import { createApp, defineComponent, h, nextTick, ref, watch } from 'vue'
import { lazyDialog } from './lazy-dialog.js'

let unmount = () => {}
afterEach(() => unmount())

function mountDialog(load?: () => Promise<never>) {
  const seen: string[] = []
  const View = defineComponent({
    props: { open: Boolean, name: { type: String, default: '' } },
    setup(props) {
      watch(
        () => props.open,
        (open) => seen.push(`${open ? 'opened' : 'closed'} ${props.name}`),
      )
      return () => h('p', { id: 'dialog' }, props.open ? 'open' : 'closed')
    },
  })
  let loads = 0
  const Lazy = lazyDialog(() => {
    loads++
    return load ? load() : Promise.resolve({ default: View })
  })
  const open = ref(false)
  const set = async (now: boolean) => {
    open.value = now
    for (let turn = 0; turn < 4; turn++) await nextTick()
  }
  const app = createApp({
    render: () => h(Lazy as typeof View, { open: open.value, name: 'it', 'onUpdate:open': set }),
  })
  const root = document.createElement('div')
  document.body.append(root)
  app.mount(root)
  unmount = () => {
    app.unmount()
    root.remove()
  }
  return {
    seen,
    set,
    isOpen: () => open.value,
    loads: () => loads,
    text: () => root.querySelector('#dialog')?.textContent,
  }
}

test('it is not fetched before it is opened', async () => {
  const dialog = mountDialog()
  await nextTick()
  expect(dialog.loads()).toBe(0)
  expect(dialog.text()).toBeUndefined()
})

test('the dialog itself sees the first opening, too', async () => {
  const dialog = mountDialog()
  await dialog.set(true)
  expect(dialog.text()).toBe('open')
  expect(dialog.seen).toEqual(['opened it'])
})

test('it stays, closes and opens again, and is fetched once', async () => {
  const dialog = mountDialog()
  for (const open of [true, false, true]) await dialog.set(open)
  expect(dialog.seen).toEqual(['opened it', 'closed it', 'opened it'])
  expect(dialog.loads()).toBe(1)
})

test('a failed fetch is repeated at the next opening', async () => {
  const dialog = mountDialog(() => Promise.reject(new TypeError('no network')))
  await dialog.set(true)
  // The parent is notified that it is not open, so the next click opens it.
  expect(dialog.isOpen()).toBe(false)
  await dialog.set(true)
  expect(dialog.loads()).toBe(2)
})
