import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Bucket, take } from './token-bucket.js'

const rate = { perMinute: 60, burst: 3 }

test('a burst, then one a second', () => {
  let bucket: Bucket | undefined
  const waits = [0, 0, 0, 0, 500, 1_000].map((now) => {
    const taken = take(bucket, rate, now)
    bucket = taken.bucket
    return taken.waitMs
  })
  expect(waits).toEqual([0, 0, 0, 1_000, 500, 0])
})

test('never more than the burst plus the refill', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5_000), { minLength: 1, maxLength: 200 }), (gaps) => {
      let bucket: Bucket | undefined
      let now = 0
      let allowed = 0
      for (const gap of gaps) {
        now += gap
        const taken = take(bucket, rate, now)
        bucket = taken.bucket
        if (taken.waitMs === 0) allowed++
      }
      expect(allowed).toBeLessThanOrEqual(rate.burst + now / 1_000 + 1e-9)
    }),
  )
})
