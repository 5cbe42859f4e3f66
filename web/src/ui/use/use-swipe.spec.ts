import { expect, test } from 'vitest'
import { goesOn } from './use-swipe.js'

test('a long way decides, a short one goes back', () => {
  expect(goesOn(200, 0, 1, 360)).toBe(true)
  expect(goesOn(100, 0, 1, 360)).toBe(false)
  expect(goesOn(-200, 0, -1, 360)).toBe(true)
})
test('a flick decides whatever the distance', () => {
  expect(goesOn(40, 0.8, 1, 360)).toBe(true)
  expect(goesOn(300, -0.8, 1, 360)).toBe(false)
  expect(goesOn(-40, -0.8, -1, 360)).toBe(true)
})
test('the other way is never on', () => {
  expect(goesOn(-200, 0, 1, 360)).toBe(false)
})
