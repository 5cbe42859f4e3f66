import { expect, test } from 'vitest'
import { whenText } from './when-text.js'

test.each([
  [400, 'en', 'in 1 second'],
  [12_000, 'en', 'in 12 seconds'],
  [61_000, 'en', 'in 2 minutes'],
  [1_000, 'ru', 'через 1 секунду'],
  [-7_200_000, 'en', '2 hours ago'],
  [-90_000_000, 'ru', '2 дня назад'],
])('%i ms in %s: %s', (ms, locale, text) => {
  expect(whenText(ms, locale)).toBe(text)
})
