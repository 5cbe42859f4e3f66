import { expect, test } from 'vitest'
import { meterShare } from './meter.js'

test('the meter is empty at background noise and full at a loud voice', () => {
  expect([0, 0.001, 0.5, 1].map(meterShare)).toEqual([0, expect.closeTo(0), expect.closeTo(1, 1), 1])
})

test('it rises with the level', () => {
  const shares = [0.001, 0.01, 0.05, 0.1, 0.3].map(meterShare)
  expect(shares).toEqual([...shares].sort((a, b) => a - b))
})
