import fc from 'fast-check'
import { expect, test } from 'vitest'
import { RowOffsets } from './offsets.js'

/** The same computed by adding up. */
function naive(keys: readonly string[], heights: ReadonlyMap<string, number>) {
  const tops = [0]
  for (const key of keys) tops.push((tops.at(-1) ?? 0) + (heights.get(key) ?? 50))
  return tops
}

test('offsets are the sums of the heights, after any inserts, removals and measurements', () => {
  const change = fc.oneof(
    fc.record({ do: fc.constant('insert' as const), at: fc.nat(), count: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ do: fc.constant('remove' as const), at: fc.nat() }),
    fc.record({ do: fc.constant('measure' as const), at: fc.nat(), height: fc.integer({ min: 0, max: 400 }) }),
    fc.record({ do: fc.constant('look' as const), at: fc.nat() }),
  )
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const rows = new RowOffsets(50)
      const heights = new Map<string, number>()
      let [keys, made]: [string[], number] = [[], 0]
      for (const one of changes) {
        const at = keys.length === 0 ? 0 : one.at % (keys.length + 1)
        if (one.do === 'insert') {
          const fresh = Array.from({ length: one.count }, () => `row ${made++}`)
          keys = [...keys.slice(0, at), ...fresh, ...keys.slice(at)]
          rows.setKeys(keys)
        } else if (one.do === 'remove') {
          keys = keys.filter((_, i) => i !== at)
          rows.setKeys(keys)
        } else if (one.do === 'measure') {
          const key = keys[at]
          expect(rows.measure(at, one.height)).toBe(key !== undefined && heights.get(key) !== one.height)
          if (key !== undefined) heights.set(key, one.height)
        } else expect(rows.topOf(at)).toBe(naive(keys, heights)[at])
      }
      const tops = naive(keys, heights)
      expect(rows.total).toBe(tops.at(-1))
      for (const y of [0, 17, 333, rows.total - 1]) {
        const index = rows.indexAt(y)
        if (keys.length > 0 && y >= 0) expect(tops[index]).toBeLessThanOrEqual(y)
        if (y >= 0 && y < rows.total) expect(tops[index + 1]).toBeGreaterThanOrEqual(y)
      }
    }),
  )
})
