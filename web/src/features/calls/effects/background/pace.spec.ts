import { expect, test } from 'vitest'
import { Pace } from './pace.js'

/** Paints one picture after another, each in `took` ms, and returns when the pace is found too slow, in ms; undefined: never. */
function tooSlowAfter(took: (at: number) => number, pause = 0, until = 30_000): number | undefined {
  const pace = new Pace(0)
  for (let now = 0; now < until; ) {
    const ms = took(now)
    now += ms + pause
    if (pace.isTooSlow(ms, now)) return now
  }
  return undefined
}

test('nine pictures a second are too few after five seconds, eleven are enough', () => {
  expect(tooSlowAfter(() => 111)).toBeCloseTo(5_000, -3)
  expect(tooSlowAfter(() => 90)).toBeUndefined()
})

test('a camera that gives three pictures a second is not to blame', () => {
  expect(tooSlowAfter(() => 30, 300)).toBeUndefined()
})

test('a device that is busy for two seconds keeps its background', () => {
  expect(tooSlowAfter((at) => (at > 8_000 && at < 10_000 ? 140 : 40))).toBeUndefined()
})

test('one that slows down later loses it five seconds after that', () => {
  const after = tooSlowAfter((at) => (at > 10_000 ? 200 : 20))
  expect(after).toBeGreaterThan(10_000)
  expect(after).toBeLessThanOrEqual(16_000)
})
