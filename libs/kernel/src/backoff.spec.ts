import { expect, test } from 'vitest'
import { backoffMs } from './backoff.js'

test('grows to the limit and not beyond, after any number of attempts', () => {
  expect([0, 1, 2, 3, 4, 5, 6, 1_000].map((attempt) => backoffMs(attempt, 1))).toEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000, 30_000,
  ])
})

test('is spread over the whole interval', () => {
  expect([0, 0.5, 1].map((random) => backoffMs(2, random))).toEqual([0, 2_000, 4_000])
})
