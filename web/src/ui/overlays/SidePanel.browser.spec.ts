import { createPinia } from 'pinia'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createApp, h } from 'vue'
import { allWords } from '../../i18n/index.js'
import SidePanel from './SidePanel.vue'

beforeAll(allWords)
let unmount = () => {}
afterEach(() => unmount())

/** A panel with an input that may handle Escape itself. */
async function mounted(inside: (event: KeyboardEvent) => void = () => undefined) {
  const [closed, steps] = [vi.fn(), vi.fn()]
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp({
    render: () =>
      h(SidePanel, { title: 'Thread', onClose: closed }, { default: () => h('textarea', { onKeydown: inside }) }),
  })
  app.use(createPinia()).mount(place)
  // Like the page's shortcuts: ignores an event that was handled already.
  const page = (event: KeyboardEvent) => event.defaultPrevented || steps()
  document.addEventListener('keydown', page)
  unmount = () => {
    document.removeEventListener('keydown', page)
    app.unmount()
    place.remove()
  }
  // Vue passes over events of the millisecond in which a listener was added.
  const at = Date.now()
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(at))
  const press = new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true })
  place.querySelector('textarea')?.dispatchEvent(press)
  return { closed, steps }
}

test('Escape closes the panel, and is not handled by the page as well', async () => {
  const { closed, steps } = await mounted()
  expect(closed).toHaveBeenCalledOnce()
  expect(steps).not.toHaveBeenCalled()
})

test('an Escape handled inside leaves the panel open', async () => {
  const { closed } = await mounted((event) => event.preventDefault())
  expect(closed).not.toHaveBeenCalled()
})
