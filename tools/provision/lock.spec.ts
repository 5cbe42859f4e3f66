import { expect, test } from 'vitest'
import { watchHolder } from './lock.mjs'

const HOUR = 3_600_000
const at = (s: number, wall = s * 1000) => ({ wall, elapsed: s * 1000 })

test('a lock is given up when it was not renewed for ten seconds, whatever the clock says', () => {
  const isDead = watchHolder()
  expect(isDead(5_000, at(5))).toBe(false)
  // Held by a process that lives: it renews.
  for (let s = 6; s < 60; s++) expect(isDead(s * 1000, at(s))).toBe(false)
  expect([isDead(59_000, at(69)), isDead(59_000, at(70))]).toEqual([false, true])
})

test('the clock was set back since the holder was killed: nobody waits until it has come there again', () => {
  const isDead = watchHolder()
  expect(isDead(3 * HOUR, at(1))).toBe(false)
  expect([isDead(3 * HOUR, at(10)), isDead(3 * HOUR, at(12))]).toEqual([false, true])
})

test('the clock was set forwards while somebody holds it: they keep it', () => {
  const isDead = watchHolder()
  expect(isDead(1_000, at(1, HOUR))).toBe(false)
  expect(isDead(HOUR + 1_000, at(2, HOUR + 1_000))).toBe(false)
  // A lock that is old, and stays so, is given up sooner.
  const isOld = watchHolder()
  expect([isOld(1_000, at(1, HOUR)), isOld(1_000, at(3, HOUR)), isOld(1_000, at(5, HOUR))]).toEqual([
    false,
    false,
    true,
  ])
})
