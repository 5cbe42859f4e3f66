import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inside, MIDDLE, movedBy, partOf } from './part.js'

const wide = { width: 400, height: 200 }

test('at first it is the largest square in the middle', () => {
  expect(partOf(MIDDLE, wide)).toEqual({ x: 100, y: 0, side: 200 })
})

test('closer it is smaller, about the same middle', () => {
  expect(partOf({ ...MIDDLE, zoom: 2 }, wide)).toEqual({ x: 150, y: 50, side: 100 })
})

test('moved by its own size, no further than the edge', () => {
  expect(partOf(movedBy(MIDDLE, 0.25, 0.25, wide), wide)).toEqual({ x: 150, y: 0, side: 200 })
  expect(partOf(movedBy(MIDDLE, 9, -9, wide), wide)).toEqual({ x: 200, y: 0, side: 200 })
})

test('whatever is done to it, it lies inside the picture', () => {
  const length = fc.integer({ min: 1, max: 8_000 })
  const share = fc.double({ min: -3, max: 3, noNaN: true })
  const all = fc.property(length, length, share, share, share, (width, height, zoom, x, y) => {
    const size = { width, height }
    const part = partOf(movedBy(inside({ zoom, x, y }, size), y, x, size), size)
    const near = 1e-6 * Math.max(width, height)
    expect(part.side).toBeGreaterThan(0)
    expect(Math.min(part.x, part.y)).toBeGreaterThanOrEqual(-near)
    expect(part.x + part.side).toBeLessThanOrEqual(width + near)
    expect(part.y + part.side).toBeLessThanOrEqual(height + near)
  })
  fc.assert(all)
})
