import { expect, test } from 'vitest'
import { goesOn } from './use-swipe.js'

test('a long distance completes the swipe, a short one reverts it', () => {
  expect(goesOn(200, 0, 1, 360)).toBe(true)
  expect(goesOn(100, 0, 1, 360)).toBe(false)
  expect(goesOn(-200, 0, -1, 360)).toBe(true)
})
test('a flick decides at any distance', () => {
  expect(goesOn(40, 0.8, 1, 360)).toBe(true)
  expect(goesOn(300, -0.8, 1, 360)).toBe(false)
  expect(goesOn(-40, -0.8, -1, 360)).toBe(true)
})
test('the opposite direction never completes', () => {
  expect(goesOn(-200, 0, 1, 360)).toBe(false)
})
