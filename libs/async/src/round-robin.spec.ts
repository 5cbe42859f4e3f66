import { expect, test } from 'vitest'
import { EvenShare, RoundRobin } from './round-robin.js'

test('every member in turn, repeatedly', () => {
  const turns = new RoundRobin(() => ['a', 'b', 'c'].values())
  expect([turns.next(2), turns.next(2), turns.next(3)]).toEqual([
    ['a', 'b'],
    ['c', 'a'],
    ['b', 'c', 'a'],
  ])
})

test('a new member gets a turn, a removed one does not, and an empty collection gives none', () => {
  const people = new Set<string>()
  const turns = new RoundRobin(() => people.values())
  expect(turns.next(3)).toEqual([])
  for (const one of ['a', 'b', 'c']) people.add(one)
  expect(turns.next(1)).toEqual(['a'])
  people.delete('b')
  people.add('d')
  expect(turns.next(3)).toEqual(['c', 'd', 'a'])
})

test.each([1, 2, 19, 99, 100, 101, 999, 20_000])('of %i members each is due once in 20 ticks', (size) => {
  const share = new EvenShare(20, 100)
  const due = Array.from({ length: 60 }, () => share.tick(size))
  const sum = due.reduce((all, one) => all + one, 0)
  expect(sum).toBeGreaterThanOrEqual(3 * size - Math.min(100, size) + (size <= 100 ? size : 0))
  expect(sum).toBeLessThanOrEqual(3 * size)
  for (const some of due) expect(some === 0 || some >= Math.min(100, size)).toBe(true)
})

test('a collection that grows or shrinks is never due more members than it has', () => {
  const share = new EvenShare(20, 100)
  for (let tick = 0; tick < 19; tick++) share.tick(10)
  expect(share.tick(10_000)).toBeLessThanOrEqual(10_000)
  expect(share.tick(3)).toBeLessThanOrEqual(3)
  expect(share.tick(0)).toBe(0)
})
