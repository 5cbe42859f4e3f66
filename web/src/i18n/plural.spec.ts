import { expect, test } from 'vitest'
import { russianPlural } from './plural.js'

test.each([
  [1, 0],
  [2, 1],
  [5, 2],
  [11, 2],
  [21, 0],
  [22, 1],
  [100, 2],
])('%i takes form %i', (count, form) => expect(russianPlural(count, 3)).toBe(form))
