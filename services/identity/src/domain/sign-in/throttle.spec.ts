import { expect, test } from 'vitest'
import { CODE_WAITS, waitAfter, waitForAll } from './throttle.js'

test('the first wrong passwords cost nothing; then each doubles the wait, up to a quarter of an hour', () => {
  const waits = [1, 4, 5, 6, 7, 30].map((count) => waitAfter({ count, at: 1_000 }, 1_000))
  expect(waits).toEqual([0, 0, 2_000, 4_000, 8_000, 900_000])
})

test('the wait passes', () => {
  expect(waitAfter({ count: 5, at: 1_000 }, 2_500)).toBe(500)
  expect(waitAfter({ count: 5, at: 1_000 }, 3_000)).toBe(0)
})

test('wrong codes of the second factor cost more: of all strangers some twenty a day, then one', () => {
  const waits = [4, 5, 6, 40].map((count) => waitAfter({ count, at: 0 }, 0, CODE_WAITS))
  expect(waits).toEqual([0, 30_000, 60_000, 24 * 3_600_000])
  const day = 24 * 3_600_000
  let [now, count] = [0, 0]
  for (; now < day; count++) now += waitForAll({ count: count + 1, at: now }, now, CODE_WAITS)
  expect(count).toBeGreaterThan(15)
  expect(count).toBeLessThan(25)
})
