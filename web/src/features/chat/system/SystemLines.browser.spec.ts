import { GroupUpdatedSchema, PinChangedSchema } from '@beseda/proto/group/v1/events'
import { UserSchema } from '@beseda/proto/identity/v1/identity_service'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { MemberJoinedSchema, MemberLeftSchema } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { createApp, h, nextTick } from 'vue'
import { createMemoryHistory, createRouter } from 'vue-router'
import { allWords } from '../../../i18n/index.js'
import { useDirectory } from '../../../stores/directory.js'
import SystemLines from './SystemLines.vue'

let unmount: () => void = () => undefined
beforeAll(allWords)
afterEach(() => unmount())

const body = {
  joined: (userId: string): Event['body'] => ({ case: 'memberJoined', value: create(MemberJoinedSchema, { userId }) }),
  left: (userId: string): Event['body'] => ({ case: 'memberLeft', value: create(MemberLeftSchema, { userId }) }),
  renamed: (name: string): Event['body'] => ({ case: 'groupUpdated', value: create(GroupUpdatedSchema, { name }) }),
  pinned: (messageId: string): Event['body'] => ({
    case: 'pinChanged',
    value: create(PinChangedSchema, { messageId, pinned: true }),
  }),
}

function shown(...events: [actorId: string, body: Event['body']][]): HTMLElement {
  const pinia = createPinia()
  setActivePinia(pinia)
  const people = { ann: 'Ann', bob: 'Bob', cat: 'Cat' }
  useDirectory().remember(Object.entries(people).map(([id, displayName]) => create(UserSchema, { id, displayName })))
  const entries = events.map(([actorId, one], i) => ({
    id: `${i}.0`,
    seq: i,
    index: 0,
    at: 1_000 + i,
    event: create(EventSchema, { actorId, body: one }),
  }))
  const place = document.createElement('div')
  document.body.append(place)
  const group = { id: '0.0', seq: 0, startedAt: 1_000, entries }
  const app = createApp({ render: () => h(SystemLines, { group, groupId: 'g' }) })
  const routes = [{ name: 'conversation', path: '/c/:groupId', component: {} }]
  app
    .use(pinia)
    .use(createRouter({ history: createMemoryHistory(), routes }))
    .mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
  }
  return place
}
const linesOf = (page: HTMLElement) =>
  [...page.querySelectorAll('p')].map((line) => {
    line.querySelector('time')?.remove()
    return line.textContent?.replaceAll(/\s+/g, ' ').trim()
  })

test('a line each, with who did what', () => {
  expect(
    linesOf(shown(['ann', body.joined('bob')], ['bob', body.joined('bob')], ['cat', body.renamed('Trip')])),
  ).toEqual(['Ann approved Bob', 'Bob joined', 'Cat renamed the group to “Trip”'])
})

test('a pinned message can be gone to', () => {
  const link = shown(['ann', body.pinned('m1')]).querySelector('a')
  expect(link?.getAttribute('href')).toBe('/c/g?m=m1')
})

test('many are one line, until they are asked for', async () => {
  const page = shown(
    ['ann', body.joined('ann')],
    ['bob', body.joined('bob')],
    ['bob', body.left('bob')],
    ['ann', body.renamed('Trip')],
  )
  expect(linesOf(page)).toEqual(['2 joined · 1 left · 1 other change Show'])
  page.querySelector('button')?.click()
  await nextTick()
  expect(linesOf(page)).toHaveLength(4)
  page.querySelector<HTMLButtonElement>('button[aria-expanded=true]')?.click()
  await nextTick()
  expect(linesOf(page)).toHaveLength(1)
})
