import { beforeAll, expect, test, vi } from 'vitest'
import { createApp, defineComponent, h, nextTick, ref } from 'vue'
import { allWords } from '../../i18n/index.js'
import { toasts } from '../feedback/toasts.js'
import { lazyPart } from './lazy-part.js'

beforeAll(allWords)

test('what cannot be fetched is told and closed, and fetched again when it is asked for again', async () => {
  const Panel = defineComponent({ render: () => h('p', 'the panel') })
  const load = vi.fn(async () => ({ default: Panel }))
  load.mockRejectedValueOnce(new TypeError('no network'))
  const open = ref(true)
  const Part = lazyPart(load, () => {
    open.value = false
  })
  const place = document.createElement('div')
  const app = createApp({ render: () => (open.value ? h(Part) : null) })
  app.config.errorHandler = () => undefined
  app.mount(place)
  await vi.waitFor(() => expect(open.value).toBe(false))
  expect(toasts.value.map(({ text }) => text)).toEqual(['The server isn’t responding. Try again.'])
  await nextTick()
  open.value = true
  await vi.waitFor(() => expect(place.textContent).toBe('the panel'))
  app.unmount()
})
