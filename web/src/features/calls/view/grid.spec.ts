import fc from 'fast-check'
import { expect, test } from 'vitest'
import { gridOf } from './grid.js'

test.each([
  [1, 1200, 700, 1],
  [2, 1200, 700, 2],
  [4, 1200, 700, 2],
  [6, 1200, 700, 3],
  [10, 1200, 700, 4],
  [2, 360, 700, 1],
  [4, 360, 700, 1],
  [6, 360, 700, 2],
])('%i tiles in %i x %i fill %i columns', (count, width, height, columns) => {
  expect(gridOf(count, width, height, 8).columns).toBe(columns)
})

test('all tiles fit into any space', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 100, max: 3_000 }),
      fc.integer({ min: 100, max: 3_000 }),
      (count, width, height) => {
        const grid = gridOf(count, width, height, 8)
        expect(grid.columns * grid.rows).toBeGreaterThanOrEqual(count)
        expect(grid.columns * grid.width + 8 * (grid.columns - 1)).toBeLessThanOrEqual(width)
        expect(grid.rows * grid.height + 8 * (grid.rows - 1)).toBeLessThanOrEqual(height)
      },
    ),
  )
})
