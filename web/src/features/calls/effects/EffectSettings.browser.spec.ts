import { afterEach, beforeEach, expect, test } from 'vitest'
import { userEvent } from 'vitest/browser'
import { createApp, h } from 'vue'
import { firstWords, setLocale } from '../../../i18n/index.js'
import { ownPictures, removePicture } from './background/own-pictures.js'
import { chosenEffects } from './choice.js'
import EffectSettings from './EffectSettings.vue'
import { effectTrouble } from './trouble.js'

/** The choices of the lobby and of the call's menu, with what the browser keeps of them. */
let leave: () => void = () => undefined
beforeEach(async () => {
  await firstWords()
  for (const { id } of await ownPictures()) await removePicture(id)
  chosenEffects.value = { noise: 'browser', background: 'none' }
  effectTrouble.value = undefined
})
afterEach(async () => {
  leave()
  await setLocale('en')
})

async function settings() {
  const place = document.createElement('div')
  document.body.append(place)
  const app = createApp({ render: () => h(EffectSettings) })
  app.mount(place)
  leave = () => {
    app.unmount()
    place.remove()
  }
  await expect.poll(() => place.querySelector('select')).toBeTruthy()
  const nameOf = (one: Element) => one.getAttribute('aria-label') ?? one.closest('label')?.textContent?.trim()
  const named = (name: string) =>
    [...place.querySelectorAll<HTMLElement>('input, button')].find((one) => nameOf(one) === name) as HTMLElement
  const labels = () => [...place.querySelectorAll('input[type=radio]')].map(nameOf)
  return { place, named, labels, select: place.querySelector('select') as HTMLSelectElement }
}

test.each([
  [
    'en',
    ['Off', 'Standard', 'Strong', 'Maximum'],
    ['None', 'Slight blur', 'Strong blur', 'Study', 'Forest', 'Dusk', 'Plain'],
  ],
  [
    'ru',
    ['Выключено', 'Обычное', 'Сильное', 'Максимальное'],
    ['Без фона', 'Лёгкое размытие', 'Сильное размытие', 'Кабинет', 'Лес', 'Закат', 'Однотонный'],
  ],
] as const)('in %s, four strengths and all backgrounds are offered', async (locale, strengths, backgrounds) => {
  await setLocale(locale)
  const { select, labels } = await settings()
  expect([...select.options].map(({ text }) => text)).toEqual(strengths)
  expect(labels()).toEqual(backgrounds)
})

test('a choice is kept, and made with keys alone', async () => {
  const { named, select } = await settings()
  await userEvent.selectOptions(select, 'strong')
  named('None').focus()
  await userEvent.keyboard('{ArrowRight}{ArrowRight}')
  expect(chosenEffects.value).toEqual({ noise: 'strong', background: 'blur-strong' })
})

test('an own picture is chosen when it is added, and the room is back when it is deleted', async () => {
  const { place, named, labels } = await settings()
  const canvas = new OffscreenCanvas(64, 36)
  canvas.getContext('2d')?.fillRect(0, 0, 64, 36)
  const file = new File([await canvas.convertToBlob()], 'beach.png', { type: 'image/png' })
  await userEvent.upload(place.querySelector('input[type=file]') as HTMLInputElement, file)
  await expect.poll(labels).toContain('Your picture 1')
  await expect.poll(() => chosenEffects.value.background).toMatch(/^own:/)
  named('Delete picture 1').click()
  await expect.poll(labels).not.toContain('Your picture 1')
  expect([chosenEffects.value.background, await ownPictures()]).toEqual(['none', []])
})

test('a file that is no picture is refused with a sentence', async () => {
  const { place } = await settings()
  const file = new File(['<html>'], 'page.png', { type: 'image/png' })
  await userEvent.upload(place.querySelector('input[type=file]') as HTMLInputElement, file)
  await expect.poll(() => place.querySelector('[role=alert]')?.textContent).toContain('can’t be used')
})

test('what has switched itself off is said until the next choice', async () => {
  const { place, named } = await settings()
  effectTrouble.value = 'backgroundSlow'
  await expect.poll(() => place.textContent).toContain('too slow')
  named('Slight blur').click()
  await expect.poll(() => place.textContent).not.toContain('too slow')
})
