import { type User, UserSchema } from '@beseda/proto/identity/v1/identity_service'
import { create } from '@bufbuild/protobuf'
import { createPinia } from 'pinia'
import { afterEach, beforeAll, expect, test } from 'vitest'
import { createApp, h, nextTick, shallowRef } from 'vue'
import { allWords, seldomWords } from '../../i18n/index.js'
import { useDirectory } from '../../stores/directory.js'
import PeoplePicker from './PeoplePicker.vue'

let leave: () => void = () => undefined
beforeAll(async () => {
  await allWords()
  await seldomWords()
})
afterEach(() => leave())

/** A picker among three people. */
function openPicker(single = false, refusedAt: readonly number[] = []) {
  const place = document.createElement('div')
  document.body.append(place)
  const chosen = shallowRef<readonly User[]>([])
  const people = ['Anna Bell', 'Boris Ant', 'Clara Day'].map((displayName, i) =>
    create(UserSchema, { id: `u${i}`, username: `user${i}`, displayName }),
  )
  const among = people.map(({ id }) => id)
  const app = createApp({
    render: () =>
      h(PeoplePicker, {
        ...{ among, single, modelValue: chosen.value, refused: refusedAt.flatMap((at) => people[at] ?? []) },
        'onUpdate:modelValue': (now: readonly User[]) => {
          chosen.value = now
        },
      }),
  })
  const pinia = createPinia()
  app.use(pinia)
  useDirectory(pinia).remember(people)
  app.mount(place)
  leave = () => {
    app.unmount()
    place.remove()
  }
  const field = () => place.querySelector('input') as HTMLInputElement
  async function type(text: string): Promise<void> {
    field().value = text
    field().dispatchEvent(new Event('input'))
    await nextTick()
  }
  async function press(key: string): Promise<void> {
    field().dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true }))
    await nextTick()
  }
  const offered = () => [...place.querySelectorAll('[role=option] .font-medium')].map((name) => name.textContent)
  const alert = () => place.querySelector('[role=alert]')?.textContent?.trim()
  const disabled = () =>
    [...place.querySelectorAll('[aria-disabled=true] .font-medium')].map((name) => name.textContent)
  const names = () => chosen.value.map(({ displayName }) => displayName)
  return { field, type, press, offered, names, alert, disabled }
}

test('the beginning of any part of a name narrows the people, and Enter chooses the highlighted one', async () => {
  const picker = openPicker()
  expect(picker.offered()).toEqual(['Anna Bell', 'Boris Ant', 'Clara Day'])
  await picker.type('an')
  expect(picker.offered()).toEqual(['Anna Bell', 'Boris Ant'])
  await picker.press('ArrowDown')
  await picker.press('Enter')
  expect(picker.names()).toEqual(['Boris Ant'])
  // Ready for the next one.
  expect([picker.field().value, document.activeElement === picker.field()]).toEqual(['', true])
})

test('Backspace in the empty field takes the last one away', async () => {
  const picker = openPicker()
  for (const name of ['anna', 'clara']) {
    await picker.type(name)
    await picker.press('Enter')
  }
  expect(picker.names()).toEqual(['Anna Bell', 'Clara Day'])
  await picker.press('Backspace')
  expect(picker.names()).toEqual(['Anna Bell'])
})

test('where one is wanted, another choice replaces the first', async () => {
  const picker = openPicker(true)
  for (const name of ['anna', 'clara']) {
    await picker.type(name)
    await picker.press('Enter')
  }
  expect(picker.names()).toEqual(['Clara Day'])
})

test('whom nobody is like says so, and Enter does nothing', async () => {
  const picker = openPicker()
  await picker.type('zzz')
  await picker.press('Enter')
  expect([picker.offered(), picker.names()]).toEqual([[], []])
})

test('whoever may not be added can be seen, with the reason, and not chosen', async () => {
  const picker = openPicker(false, [0, 2])
  expect(picker.alert()).toContain('Anna Bell, Clara Day')
  expect(picker.disabled()).toEqual(['Anna Bell', 'Clara Day'])
  for (const name of ['anna', 'boris']) {
    await picker.type(name)
    await picker.press('Enter')
  }
  expect(picker.names()).toEqual(['Boris Ant'])
})

test('with everybody addable nothing is said', () => {
  expect(openPicker().alert()).toBeUndefined()
})
