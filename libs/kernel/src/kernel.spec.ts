import fc from 'fast-check'
import { expect, test } from 'vitest'
import { formatUuid, isUuid, newId, partitionOf, uuidBytes, uuidv7 } from './index.js'

test('UUIDv7 as in RFC 9562, appendix A.6', () => {
  const random = new Uint8Array([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f])
  expect(uuidv7(0x017f22e279b0, random)).toBe('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')
})

test('ids sort by time and are all different', () => {
  const at = (ms: number) => uuidv7(ms, new Uint8Array(10).fill(255))
  expect(at(1_000) < uuidv7(1_001, new Uint8Array(10))).toBe(true)
  expect(new Set(Array.from({ length: 1_000 }, newId)).size).toBe(1_000)
})

test('an id is 16 bytes, and converts to and from them', () => {
  fc.assert(
    fc.property(fc.uuid(), (id) => {
      expect(formatUuid(uuidBytes(id))).toBe(id)
    }),
  )
})

test.each(['', 'x', '017F22E2-79B0-7CC3-98C4-DC0C0C07398F', '017f22e2-79b0-7cc3-98c4-dc0c0c07398f '])(
  '"%s" is not an id',
  (text) => expect(isUuid(text)).toBe(false),
)

test('the partition of a key never changes, because logs depend on it', () => {
  expect(['', 'a', '017f22e2-79b0-7cc3-98c4-dc0c0c07398f'].map((key) => partitionOf(key, 4))).toEqual([1, 0, 2])
  fc.assert(
    fc.property(fc.uuid(), fc.integer({ min: 1, max: 64 }), (key, count) => {
      const partition = partitionOf(key, count)
      expect(partition >= 0 && partition < count).toBe(true)
    }),
  )
})

test('partitions are filled about equally', () => {
  const counts = [0, 0, 0, 0]
  for (let i = 0; i < 4_000; i++) counts[partitionOf(newId(), 4)]!++
  for (const count of counts) expect(count).toBeGreaterThan(850)
})
