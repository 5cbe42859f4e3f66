import { expect, test } from 'vitest'
import { merged, spread } from './runs.mjs'

test('a number of several runs is their median, with the least and the greatest', () => {
  expect(spread(['331 k', '302 k', '340 k'])).toBe('331 (302–340) k')
  expect(spread(['4.30 / 9.9', '4.10 / 11.2', '4.20 / 10.0'])).toBe('4.20 (4.10–4.30) / 10.0 (9.9–11.2)')
})

test('what does not change has no spread, also beside something that does', () => {
  expect(spread(['1024', '1024', '1024'])).toBe('1024')
  expect(spread(['0 / 7', '0 / 5', '0 / 6'])).toBe('0 / 6 (5–7)')
})

test('a single loss among many runs is not hidden by a median', () => {
  expect(spread(['0', '0', '3'])).toBe('0 (0–3)')
})

test('cells of different kinds are all shown', () => {
  expect(spread(['976 k', '1.02 M'])).toBe('976 k; 1.02 M')
  expect(merged([[['a', '1']], [['a', 'not met']]])).toEqual([['a', '1; not met']])
})
