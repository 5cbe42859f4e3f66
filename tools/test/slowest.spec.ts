import { expect, test } from 'vitest'
import { slowest } from './slowest.mjs'

test('the slowest files come first, with their share of the total', () => {
  const files = [
    { name: 'a.spec.ts', ms: 1_000 },
    { name: 'b.e2e.ts', ms: 75_000 },
    { name: 'c.spec.ts', ms: 24_000 },
  ]
  expect(slowest(files)).toEqual([
    '1 min 15 s  75 %  b.e2e.ts',
    '      24 s  24 %  c.spec.ts',
    '     1.0 s  1 %   a.spec.ts',
  ])
})

test('at most ten are listed', () => {
  expect(slowest(Array.from({ length: 12 }, (_, i) => ({ name: `${i}`, ms: i + 1 })))).toHaveLength(10)
  expect(slowest([])).toEqual([])
})
