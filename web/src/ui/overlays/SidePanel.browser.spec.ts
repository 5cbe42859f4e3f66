import { createPinia } from 'pinia'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createApp, h } from 'vue'
import { allWords } from '../../i18n/index.js'
import SidePanel from './SidePanel.vue'

beforeAll(allWords)
let unmount = () => {}
afterEach(() => unmount())

/** A panel with a box in it, which may have something to leave of its own. */
function mounted(inside: (event: KeyboardEvent) => void = () => undefined) {
  const [closed, steps] = [vi.fn(), vi.fn()]
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp({
    render: () =>
      h(SidePanel, { title: 'Thread', onClose: closed }, { default: () => h('textarea', { onKeydown: inside }) }),
  })
  app.use(createPinia()).mount(place)
  // As the keys of the whole page: what was taken already is nobody's any more.
  const page = (event: KeyboardEvent) => event.defaultPrevented || steps()
  document.addEventListener('keydown', page)
  unmount = () => {
    document.removeEventListener('keydown', page)
    app.unmount()
    place.remove()
  }
  const press = new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true })
  place.querySelector('textarea')?.dispatchEvent(press)
  return { closed, steps }
}

test('Escape closes the panel, and is no step back of the page as well', () => {
  const { closed, steps } = mounted()
  expect(closed).toHaveBeenCalledOnce()
  expect(steps).not.toHaveBeenCalled()
})

test('what is left inside of it leaves the panel open', () => {
  const { closed } = mounted((event) => event.preventDefault())
  expect(closed).not.toHaveBeenCalled()
})
