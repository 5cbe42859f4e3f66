import { type Call, CallState } from '@beseda/proto/call/v1/call_service'
import { GroupKind, GroupSettingsSchema } from '@beseda/proto/group/v1/events'
import { UserSchema } from '@beseda/proto/identity/v1/identity_service'
import { create } from '@bufbuild/protobuf'
import { createPinia, setActivePinia } from 'pinia'
import { afterEach, beforeAll, expect, test, vi } from 'vitest'
import { createApp, h, nextTick, shallowRef } from 'vue'
import { allWords, seldomWords } from '../../../i18n/index.js'
import { useDirectory } from '../../../stores/directory.js'
import type { Conversation } from '../../../sync/model/model.js'
import type { ActiveCall } from '../active-call.js'
import { callWith } from '../calls-testing.js'
import { useCalls } from '../store.js'
import RoomLine from './RoomLine.vue'

let unmount: () => void = () => undefined
beforeAll(async () => {
  await allWords()
  await seldomWords()
})
afterEach(() => unmount())

const PEOPLE = { ann: 'Ann', bob: 'Bob', cat: 'Cat', dan: 'Dan', eve: 'Eve' }
const room = (userIds: readonly string[], more: Partial<Call> = {}) =>
  callWith(
    userIds.map((userId) => ({ userId, deviceId: `of ${userId}` })),
    { room: true, limit: 10, ...more },
  )

/** The line of a group in the list, and what the click on it asks for. */
async function shown(call?: Call, { archived = false } = {}) {
  const pinia = createPinia()
  setActivePinia(pinia)
  useDirectory().remember(Object.entries(PEOPLE).map(([id, displayName]) => create(UserSchema, { id, displayName })))
  const calls = useCalls()
  if (call) calls.pictures.set(call.groupId, call)
  const start = vi.spyOn(calls, 'start').mockResolvedValue()
  const hangUp = vi.spyOn(calls, 'hangUp').mockResolvedValue()
  const conversation = {
    id: 'g',
    kind: GroupKind.GROUP,
    name: 'Tea room',
    archived,
    settings: create(GroupSettingsSchema, { voiceRoom: true }),
  } as unknown as Conversation
  const place = document.createElement('ul')
  document.body.append(place)
  const app = createApp({ render: () => h('li', [h(RoomLine, { conversation, tabindex: 0 })]) })
  app.use(pinia).mount(place)
  unmount = () => {
    app.unmount()
    place.remove()
  }
  await nextTick()
  await nextTick()
  const button = () => place.querySelector('button')
  const name = () => button()?.querySelector('.sr-only')?.textContent
  const described = () => document.getElementById(button()?.getAttribute('aria-describedby') ?? '')?.textContent
  return { calls, start, hangUp, place, button, name, described }
}

test('an empty room stands open: it says that nobody is in it, and a click enters', async () => {
  const { button, name, described, start } = await shown()
  expect(name()).toBe('Voice room, Tea room: join')
  expect(described()).toBe('No one is in it')
  button()?.click()
  await vi.waitFor(() => expect(start).toHaveBeenCalledWith('g', { camera: false, microphone: true }, false, false))
})

test('faces and their number show who is in it, and change with the call', async () => {
  const { button, described, calls, place } = await shown(room(['ann', 'bob', 'cat', 'dan', 'eve']))
  expect(described()).toBe('In it: Ann, Bob, Cat, Dan, Eve')
  expect(button()?.textContent?.trim().endsWith('5')).toBe(true)
  expect(place.querySelectorAll('[aria-hidden] .ring-2')).toHaveLength(4)
  calls.pictures.set('g', room(['bob']))
  await nextTick()
  expect(described()).toBe('In it: Bob')
  calls.pictures.delete('g')
  await nextTick()
  expect(described()).toBe('No one is in it')
})

test('a full room says so, and its click does nothing', async () => {
  const { button, start } = await shown(room(['ann', 'bob'], { limit: 2 }))
  expect([button()?.getAttribute('aria-disabled'), button()?.textContent.includes('Full')]).toEqual(['true', true])
  button()?.click()
  expect(start).not.toHaveBeenCalled()
})

test('whoever is in it sees who speaks, and leaves with a click', async () => {
  const call = room(['ann', 'bob'])
  const { button, name, calls, hangUp, place } = await shown(call)
  const snapshot = shallowRef({ own: { speaking: false }, people: [{ userId: 'bob', speaking: true }] })
  calls.active = { call, snapshot } as unknown as ActiveCall
  await nextTick()
  expect(name()).toBe('Leave the voice room, Tea room')
  const rings = () => [...place.querySelectorAll('.ring-2')].map((face) => face.classList.contains('ring-online'))
  expect(rings()).toEqual([false, true])
  snapshot.value = { own: { speaking: false }, people: [{ userId: 'bob', speaking: false }] }
  await nextTick()
  expect(rings()).toEqual([false, false])
  button()?.click()
  expect(hangUp).toHaveBeenCalledOnce()
})

test('while the person is in a call that is no room, a click does not hang it up', async () => {
  const { button, calls, start, hangUp } = await shown()
  const other = callWith([], { id: 'other', groupId: 'h', state: CallState.ACTIVE })
  calls.active = { call: other, snapshot: shallowRef() } as unknown as ActiveCall
  await nextTick()
  expect(button()?.getAttribute('aria-disabled')).toBe('true')
  button()?.click()
  expect([start.mock.calls, hangUp.mock.calls]).toEqual([[], []])
})

test('an archived group has no room', async () => {
  expect((await shown(room(['ann']), { archived: true })).button()).toBeNull()
})
