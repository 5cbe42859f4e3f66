import fc from 'fast-check'
import { expect, test } from 'vitest'
import { FITTED, moved, type Stage, zoomed } from './zoom.js'

const stage: Stage = { picture: { width: 800, height: 400 }, screen: { width: 800, height: 600 }, detail: 1 }

test('what is under the pointer stays under it', () => {
  const view = zoomed(FITTED, 2, { x: 100, y: 50 }, stage)
  expect(view).toEqual({ scale: 2, x: -100, y: -50 })
  expect(zoomed(view, 1.5, { x: 100, y: 50 }, stage)).toEqual({ scale: 3, x: -200, y: -100 })
})

test('it is never smaller than fitted, and then in the middle', () => {
  expect(zoomed({ scale: 2, x: 300, y: 50 }, 0.1, { x: 10, y: 10 }, stage)).toEqual(FITTED)
})

test('a picture with more detail than the screen can be seen at its own size', () => {
  const strip = { ...stage, detail: 20 }
  expect(zoomed(FITTED, 100, { x: 0, y: 0 }, strip).scale).toBe(20)
  expect(zoomed(FITTED, 100, { x: 0, y: 0 }, stage).scale).toBe(6)
})

test('it cannot be pushed off the screen', () => {
  const point = fc.record({ x: fc.integer({ min: -400, max: 400 }), y: fc.integer({ min: -300, max: 300 }) })
  const step = fc.record({ point, factor: fc.double({ min: 0.2, max: 5, noNaN: true }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
      let view = FITTED
      for (const { point: at, factor } of steps) view = moved(zoomed(view, factor, at, stage), at.x, at.y, stage)
      const [width, height] = [stage.picture.width * view.scale, stage.picture.height * view.scale]
      expect(Math.abs(view.x)).toBeLessThanOrEqual(Math.max(0, (width - 800) / 2) + 1e-6)
      expect(Math.abs(view.y)).toBeLessThanOrEqual(Math.max(0, (height - 600) / 2) + 1e-6)
    }),
  )
})
