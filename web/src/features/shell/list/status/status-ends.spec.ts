import { expect, test } from 'vitest'
import { type End, endOf, firstEnd } from './status-ends.js'

/** A Thursday. */
const NOW = new Date(2026, 0, 1, 15, 20)

test.each<[End, Date]>([
  ['halfHour', new Date(2026, 0, 1, 15, 50)],
  ['hour', new Date(2026, 0, 1, 16, 20)],
  ['fourHours', new Date(2026, 0, 1, 19, 20)],
  ['today', new Date(2026, 0, 2)],
  ['week', new Date(2026, 0, 5)],
])('%s', (end, expected) => {
  expect(new Date(endOf(end, NOW))).toEqual(expected)
})

test('on a Sunday this week ends with the day', () => {
  expect(new Date(endOf('week', new Date(2026, 0, 4, 9)))).toEqual(new Date(2026, 0, 5))
})

test('one that stays has no end', () => {
  expect(endOf('never', NOW)).toBe(0)
})

test('a new text begins with today, and one that was to stay with that', () => {
  expect([firstEnd('', false), firstEnd('at lunch', true), firstEnd('in Oslo', false)]).toEqual([
    'today',
    'today',
    'never',
  ])
})
