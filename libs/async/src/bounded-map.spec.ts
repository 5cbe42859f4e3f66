import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BoundedMap } from './bounded-map.js'

test('an entry above the limit drops the one that was set longest ago', () => {
  const dropped: string[] = []
  const map = new BoundedMap<string, number>(2, (value, key) => dropped.push(`${key}${value}`))
  map.set('a', 1)
  map.set('b', 2)
  map.set('a', 3)
  map.set('c', 4)
  expect(dropped).toEqual(['b2'])
  expect([map.get('a'), map.get('b'), map.get('c'), map.size]).toEqual([3, undefined, 4, 2])
})

test('a deleted entry is not reported as dropped, and its slot is free', () => {
  const dropped: string[] = []
  const map = new BoundedMap<string, number>(1, (_, key) => dropped.push(key))
  map.set('a', 1)
  expect(map.delete('a')).toBe(true)
  map.set('b', 2)
  expect(dropped).toEqual([])
  map.clear()
  expect(map.has('b')).toBe(false)
})

test('keeps the last distinct keys, whatever is set', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 9 })), fc.integer({ min: 1, max: 5 }), (keys, limit) => {
      const map = new BoundedMap<number, number>(limit)
      for (const key of keys) map.set(key, key)
      const newest = [...new Set(keys.toReversed())].slice(0, limit)
      expect(Array.from({ length: 10 }, (_, key) => key).filter((key) => map.has(key))).toEqual(
        newest.toSorted((a, b) => a - b),
      )
    }),
  )
})
