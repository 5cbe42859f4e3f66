import { expect, test } from 'vitest'
import { captionText } from './caption-text.js'

test.each([
  [' It was the best of times,\n it was the worst of times. ', 'It was the best of times, it was the worst of times.'],
  ['Да, да, да.', 'Да, да, да.'],
  ['one\u0007two\u202ethree', 'one two three'],
  ['[BLANK_AUDIO]', ''],
  ['(music)', ''],
  ['', ''],
  ['сам-сам-сам-сам-сам-сам-сам-сам-', ''],
  ['Thank you. Thank you. Thank you. Thank you. Thank you. Thank you. Thank you.', ''],
  ['word '.repeat(4) + 'x'.repeat(600), ''],
])('of %j is shown %j', (answer, shown) => {
  expect(captionText(answer)).toBe(shown)
})
