import { expect, test } from 'vitest'
import { placeTip } from './place-tip.js'

const window = { width: 1000, height: 600 }
const bubble = { width: 100, height: 30 }

test('is centred below its target', () => {
  expect(placeTip({ left: 400, top: 100, width: 40, height: 40 }, bubble, window)).toEqual({ left: 370, top: 146 })
})
test('is above where there is no room below', () => {
  expect(placeTip({ left: 400, top: 550, width: 40, height: 40 }, bubble, window)).toEqual({ left: 370, top: 514 })
})
test.each([
  [-10, 8],
  [0, 8],
  [970, 892],
])('a target at %i px keeps the bubble inside the window, at %i px', (left, expected) => {
  expect(placeTip({ left, top: 100, width: 40, height: 40 }, bubble, window).left).toBe(expected)
})
test('a bubble wider than the window starts at its edge', () => {
  expect(placeTip({ left: 0, top: 0, width: 40, height: 40 }, { width: 2000, height: 30 }, window).left).toBe(8)
})
