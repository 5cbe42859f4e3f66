import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isStrip, pictureBox, showsWhole, standsStill } from './picture-box.js'

const picture = (width: number, height: number, contentType = 'image/png', size = 1_000n, moves = false) => ({
  width,
  height,
  contentType,
  size,
  moves,
})

test.each([
  [800, 500, false, { width: 400, height: 250 }],
  [500, 1_000, false, { width: 160, height: 320 }],
  [100, 80, false, { width: 100, height: 80 }],
  [800, 800, true, { width: 180, height: 180 }],
  [4_000, 20, false, { width: 400, height: 48 }],
  [60, 12_000, false, { width: 48, height: 320 }],
  [8, 8, false, { width: 48, height: 48 }],
  [0, 0, false, { width: 400, height: 300 }],
])('%i x %i, small: %s, takes %o', (width, height, small, box) => {
  expect(pictureBox(picture(width, height), small)).toEqual(box)
})

test('whatever its size, a picture can be seen and pressed, and is not wider than a message', () => {
  fc.assert(
    fc.property(fc.nat(40_000), fc.nat(40_000), fc.boolean(), (width, height, small) => {
      const box = pictureBox(picture(width, height), small)
      expect(Math.min(box.width, box.height)).toBeGreaterThanOrEqual(48)
      expect(box.width).toBeLessThanOrEqual(400)
      expect(box.height).toBeLessThanOrEqual(320)
    }),
  )
})

test('what may move is shown itself, unless the reader wants nothing to move or it is large', () => {
  expect(showsWhole(picture(100, 100, 'image/gif'), false)).toBe(true)
  expect(showsWhole(picture(100, 100, 'image/webp'), false)).toBe(true)
  expect(showsWhole(picture(100, 100, 'image/gif'), true)).toBe(false)
  expect(showsWhole(picture(100, 100, 'image/gif', 9_000_000n), false)).toBe(false)
  expect(showsWhole(picture(100, 100), false)).toBe(false)
})

test('an animation that is large, or not wanted, stands still until it is started', () => {
  const gif = (size: bigint) => picture(100, 100, 'image/gif', size)
  expect([standsStill(gif(9_000_000n), false), standsStill(gif(1_000n), true)]).toEqual([true, true])
  expect([standsStill(gif(1_000n), false), standsStill(picture(100, 100), true)]).toEqual([false, false])
})

test.each(['image/webp', 'image/avif'])('a large %s says that it can be started only if it moves', (type) => {
  const large = (moves: boolean) => picture(100, 100, type, 3_000_000n, moves)
  expect([standsStill(large(true), false), standsStill(large(false), false)]).toEqual([true, false])
})

test('a strip is shown itself: its thumbnail is a line', () => {
  expect(isStrip(picture(4_000, 20))).toBe(true)
  expect(isStrip(picture(400, 100))).toBe(false)
  expect(showsWhole(picture(60, 12_000), true)).toBe(true)
})
