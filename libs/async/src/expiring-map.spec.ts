import { expect, test } from 'vitest'
import { ExpiringMap } from './expiring-map.js'

const until = (expiresAt: number) => ({ expiresAt })

test('an entry exists until its expiry, and not at it', () => {
  const known = new ExpiringMap(10)
  known.set('a', until(100), 0)
  expect(known.get('a', 99)).toEqual(until(100))
  expect(known.get('a', 100)).toBeUndefined()
  expect(known.get('b', 0)).toBeUndefined()
})

test('at most `limit` of the newest entries are kept, and none that has expired', () => {
  const known = new ExpiringMap(2)
  for (const key of ['a', 'b', 'c']) known.set(key, until(100), 0)
  expect(['a', 'b', 'c'].map((key) => known.get(key, 0) !== undefined)).toEqual([false, true, true])
  known.set('d', until(300), 200)
  expect(['b', 'c', 'd'].map((key) => known.get(key, 0) !== undefined)).toEqual([false, false, true])
})
