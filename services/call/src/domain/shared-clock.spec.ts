import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { LEASE_MS } from './session.js'
import { SharedClock } from './shared-clock.js'

const NOON = Date.UTC(2026, 0, 1, 12)
const HOUR = 3_600_000

/** A host whose clock shows `start` when its monotonic one shows 0. */
function host(start = NOON) {
  let time = 0
  const clock = new SharedClock(() => time, start)
  return {
    clock,
    pass: (ms: number) => {
      time += ms
    },
    follow: (shared: number) => clock.follow(shared, time),
  }
}

describe('SharedClock', () => {
  it('shows the time of its host until it has followed the shared clock, then that one at once', () => {
    const { clock, pass, follow } = host(NOON + HOUR)
    pass(100)
    expect(clock.now()).toBe(NOON + HOUR + 100)
    const other = host(NOON + HOUR)
    other.pass(100)
    other.follow(NOON)
    expect(other.clock.now()).toBe(NOON)
    follow(NOON + HOUR + 100)
    pass(50)
    expect(clock.now()).toBe(NOON + HOUR + 150)
  })

  it('is the same on hosts whose own clocks are an hour apart', () => {
    const [early, late] = [host(NOON), host(NOON + HOUR)]
    for (const one of [early, late]) one.follow(NOON)
    for (const one of [early, late]) one.pass(1_234)
    expect(early.clock.now()).toBe(late.clock.now())
  })

  it.each([HOUR, -HOUR])('a jump of %i ms ends no lease that is renewed, and is corrected', (jump) => {
    const { clock, pass, follow } = host()
    follow(NOON)
    const renewed = clock.now()
    for (let second = 1; second <= 9; second++) {
      pass(1_000)
      follow(NOON + jump + second * 1_000)
    }
    const passed = clock.now() - renewed
    expect(passed).toBeLessThan(LEASE_MS)
    expect(passed).toBeGreaterThan(0)
    for (let second = 10; second <= 8_000; second++) {
      pass(1_000)
      follow(NOON + jump + second * 1_000)
    }
    expect(clock.now()).toBe(NOON + jump + 8_000_000)
  })

  it('never goes backwards, whatever it follows', () => {
    const step = fc.record({ ms: fc.nat(60_000), shared: fc.integer({ min: -HOUR, max: HOUR }) })
    fc.assert(
      fc.property(fc.array(step, { minLength: 1 }), (steps) => {
        const { clock, pass, follow } = host()
        let last = Number.NEGATIVE_INFINITY
        for (const { ms, shared } of steps) {
          const now = clock.now()
          expect(now).toBeGreaterThanOrEqual(last)
          last = now
          pass(ms)
          follow(NOON + shared)
        }
      }),
    )
  })
})
