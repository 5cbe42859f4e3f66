import { afterEach, beforeAll, expect, test } from 'vitest'
import { createApp, h } from 'vue'
import { allWords, seldomWords, setLocale } from '../../../i18n/index.js'
import EmojiGrid from './EmojiGrid.vue'

let leave: () => void = () => undefined
beforeAll(() => allWords().then(seldomWords))
afterEach(async () => {
  leave()
  await setLocale('en')
})

function openGrid() {
  const place = document.createElement('div')
  document.body.append(place)
  const picked: string[] = []
  const app = createApp({ render: () => h(EmojiGrid, { onPick: (emoji: string) => picked.push(emoji) }) })
  app.mount(place)
  leave = () => {
    app.unmount()
    place.remove()
  }
  const field = () => place.querySelector('input') as HTMLInputElement
  const offered = () => [...place.querySelectorAll('button')].map((button) => button.textContent?.trim())
  function search(text: string): void {
    field().value = text
    field().dispatchEvent(new Event('input'))
  }
  return { place, picked, search, offered }
}

test.each([
  ['en', 'rocket', '🚀'],
  ['en', 'thumbsup', '👍'],
  ['ru', 'ракета', '🚀'],
  ['ru', 'сердце', '❤️'],
] as const)('in %s, "%s" finds %s', async (locale, words, emoji) => {
  await setLocale(locale)
  const { place, picked, search, offered } = openGrid()
  await expect.poll(() => offered().length).toBeGreaterThan(20)
  search(words)
  await expect.poll(offered).toContain(emoji)
  const button = [...place.querySelectorAll('button')].find((one) => one.textContent?.trim() === emoji)
  button?.click()
  expect(picked).toEqual([emoji])
})

test('a search without results says so', async () => {
  const { place, search, offered } = openGrid()
  await expect.poll(() => offered().length).toBeGreaterThan(20)
  search('qqqqq')
  await expect.poll(() => place.textContent).toContain('No emoji found')
})
