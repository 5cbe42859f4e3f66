import { AttachmentSchema } from '@beseda/proto/group/v1/events'
import { UserSchema } from '@beseda/proto/identity/v1/identity_service'
import { create } from '@bufbuild/protobuf'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { createApp, h } from 'vue'
import { allWords } from '../../../i18n/index.js'
import { useDirectory } from '../../../stores/directory.js'
import type { ChatMessage } from '../../../sync/model/model.js'
import FoundMessage from './FoundMessage.vue'

let unmount: () => void = () => undefined
beforeAll(allWords)
afterEach(() => unmount())

function shown(text: string, names: readonly string[], query: string): HTMLElement {
  const pinia = createPinia()
  setActivePinia(pinia)
  useDirectory().remember([create(UserSchema, { id: 'ann', displayName: 'Ann' })])
  const attachments = names.map((name) =>
    create(AttachmentSchema, { fileId: name, name, contentType: 'application/pdf' }),
  )
  const message = { id: 'm', authorId: 'ann', authorName: '', sentAt: 1, text, attachments } as unknown as ChatMessage
  const place = document.createElement('ul')
  document.body.append(place)
  const app = createApp({ render: () => h(FoundMessage, { message, query }) })
  app.use(pinia).mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
  }
  return place
}
const marked = (page: HTMLElement) => [...page.querySelectorAll('mark')].map(({ textContent }) => textContent)

test('the found words are marked, and the rest is as it was', () => {
  const page = shown('We were running, running late', [], 'run')
  expect(marked(page)).toEqual(['running', 'running'])
  expect(page.textContent).toContain('We were running, running late')
})

test('a file that was found by its name is named, others are not', () => {
  const page = shown('see below', ['Отчёт.pdf', 'other.pdf'], 'отчет')
  expect(marked(page)).toEqual(['Отчёт'])
  expect(page.textContent).not.toContain('other')
})

test('without a query nothing is marked', () => {
  expect(marked(shown('see below', ['a.pdf'], ''))).toEqual([])
})
