import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { FRESH_WAY, fullCamera, fullScreen, planOf, type QualityInput, remember, type WayMemory } from './quality.js'

const input = fc.record({
  people: fc.integer({ min: 2, max: 10 }),
  camera: fc.boolean(),
  screen: fc.boolean(),
  loss: fc.double({ min: 0, max: 1, noNaN: true }),
  rttMs: fc.nat(2_000),
  availableBps: fc.option(fc.integer({ min: 0, max: 5_000_000 }), { nil: undefined }),
}) satisfies fc.Arbitrary<QualityInput>
const memory = fc.record({ share: fc.double({ min: 0.04, max: 1, noNaN: true }), calm: fc.nat(5), starved: fc.nat(14) })
const videoOf = (plan: ReturnType<typeof planOf>) => (plan.camera?.maxBps ?? 0) + (plan.screen?.maxBps ?? 0)

describe('on any path', () => {
  test('audio is sent in good quality', () => {
    fc.assert(
      fc.property(input, memory, (now, before) => {
        expect(planOf(now, before).audioBps).toBeGreaterThanOrEqual(24_000)
      }),
    )
  })

  test('audio and video together fit into the bandwidth, or there is no video', () => {
    fc.assert(
      fc.property(input, memory, (now, before) => {
        const plan = planOf(now, before)
        if (now.availableBps !== undefined && videoOf(plan) > 0)
          expect(plan.audioBps + videoOf(plan)).toBeLessThanOrEqual(now.availableBps)
      }),
    )
  })

  test('the camera is switched off before audio gets less than it needs', () => {
    fc.assert(
      fc.property(input, memory, (now, before) => {
        const plan = planOf({ ...now, availableBps: 100_000 }, before)
        expect([plan.camera, plan.screen]).toEqual([undefined, undefined])
      }),
    )
  })

  test('what is off is not sent, and no video exceeds the full picture', () => {
    fc.assert(
      fc.property(input, memory, (now, before) => {
        const { camera, screen } = planOf(now, before)
        if (!now.camera) expect(camera).toBeUndefined()
        if (!now.screen) expect(screen).toBeUndefined()
        for (const [plan, full] of [
          [camera, fullCamera(now.people)],
          [screen, fullScreen(now.people)],
        ] as const) {
          if (!plan) continue
          expect(plan.maxBps).toBeLessThanOrEqual(full.maxBps)
          expect(plan.height).toBeLessThanOrEqual(full.height)
          expect(plan.fps).toBeLessThanOrEqual(full.fps)
          expect(plan.fps).toBeGreaterThanOrEqual(5)
        }
      }),
    )
  })

  test('less bandwidth never gets more video', () => {
    fc.assert(
      fc.property(input, memory, fc.nat(3_000_000), (now, before, less) => {
        const wide = now.availableBps ?? 5_000_000
        const narrow = { ...now, availableBps: Math.max(0, wide - less) }
        expect(videoOf(planOf(narrow, before))).toBeLessThanOrEqual(
          videoOf(planOf({ ...now, availableBps: wide }, before)) + 1,
        )
      }),
    )
  })

  test('the upload of a whole mesh stays below 5 Mbit/s', () => {
    for (let people = 2; people <= 10; people++) {
      const { camera } = planOf(
        { people, camera: true, screen: false, loss: 0, rttMs: 20, availableBps: undefined },
        FRESH_WAY,
      )
      expect((camera?.maxBps ?? 0) * (people - 1)).toBeLessThan(5_000_000)
    }
  })
})

describe('a path that loses packets', () => {
  const bad = { loss: 0.2, rttMs: 100, availableBps: undefined }
  const good = { loss: 0, rttMs: 100, availableBps: undefined }
  const after = (readings: (typeof bad)[], from: WayMemory = FRESH_WAY) => readings.reduce(remember, from)

  test('gets less within a second, and no camera at all within ten', () => {
    expect(after([bad]).share).toBeLessThan(1)
    const worn = after(Array(10).fill(bad))
    expect(planOf({ ...bad, people: 2, camera: true, screen: false }, worn).camera).toBeUndefined()
  })

  test('gets the full picture again after a long enough calm, not sooner', () => {
    const worn = after(Array(10).fill(bad))
    expect(after(Array(4).fill(good), worn).share).toBe(worn.share)
    expect(after(Array(120).fill(good), worn).share).toBe(1)
  })

  test('gets no increase while it is bad every third second', () => {
    const flapping = after(Array(20).fill([good, good, bad]).flat())
    expect(flapping.share).toBeLessThan(0.1)
  })

  test('that was too narrow for video is probed with the smallest picture from time to time', () => {
    const narrow = { loss: 0, rttMs: 50, availableBps: 60_000 }
    let memory = FRESH_WAY
    const tried = Array.from({ length: 60 }, () => {
      memory = remember(memory, narrow)
      return planOf({ ...narrow, people: 2, camera: true, screen: false }, memory).camera?.maxBps
    })
    expect(new Set(tried)).toEqual(new Set([undefined, 80_000]))
    expect(tried.filter(Boolean)).toHaveLength(15)
  })
})
