import { expect, test } from 'vitest'
import { waitAfter } from './throttle.js'

test('the first wrong passwords cost nothing; then each doubles the wait, up to a quarter of an hour', () => {
  const waits = [1, 4, 5, 6, 7, 30].map((count) => waitAfter({ count, at: 1_000 }, 1_000))
  expect(waits).toEqual([0, 0, 2_000, 4_000, 8_000, 900_000])
})

test('the wait passes', () => {
  expect(waitAfter({ count: 5, at: 1_000 }, 2_500)).toBe(500)
  expect(waitAfter({ count: 5, at: 1_000 }, 3_000)).toBe(0)
})
