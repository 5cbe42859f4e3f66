import { describe, expect, test } from 'vitest'
import { nextIndex } from './use-roving.js'

describe('the target of a key', () => {
  test.each([
    ['ArrowDown', 2, 3],
    ['ArrowUp', 2, 1],
    ['ArrowDown', 29, 29],
    ['ArrowUp', 0, 0],
    ['Home', 12, 0],
    ['End', 12, 29],
    ['PageDown', 12, 22],
    ['PageDown', 25, 29],
    ['PageUp', 5, 0],
    ['ArrowDown', -1, 0],
  ])('%s at %i of 30 leads to %i', (key, at, expected) => expect(nextIndex(key, at, 30)).toBe(expected))
})
test('wraps around', () => {
  expect(nextIndex('ArrowDown', 4, 5, { loop: true })).toBe(0)
  expect(nextIndex('ArrowUp', 0, 5, { loop: true })).toBe(4)
})
test('a horizontal list uses left and right', () => {
  expect(nextIndex('ArrowRight', 0, 5, { direction: 'horizontal' })).toBe(1)
  expect(nextIndex('ArrowDown', 0, 5, { direction: 'horizontal' })).toBeUndefined()
  expect(nextIndex('ArrowLeft', 3, 5, { direction: 'both' })).toBe(2)
})
test('other keys are ignored, and an empty list has no target', () => {
  expect(nextIndex('a', 0, 5)).toBeUndefined()
  expect(nextIndex('Enter', 0, 5)).toBeUndefined()
  expect(nextIndex('ArrowDown', 0, 0)).toBeUndefined()
})
