import { expect, test } from 'vitest'
import { RateLimits } from './limits.js'

test('keys have buckets of their own', () => {
  const limits = new RateLimits()
  const rate = { perMinute: 60, burst: 1 }
  expect([limits.take('a', rate, 0), limits.take('a', rate, 0), limits.take('b', rate, 0)]).toEqual([0, 1_000, 0])
})
