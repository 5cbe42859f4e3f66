import { expect, test } from 'vitest'
import { fitting } from './fitting.js'

const some = (lists: number[][]) => fitting(lists, 3, (list) => list)

test('an answer always has the first list, then as many as fit', () => {
  expect(some([[1, 2], [3], [4]])).toEqual([[1, 2], [3]])
  expect(some([[1, 2, 3, 4], [5]])).toEqual([[1, 2, 3, 4]])
  expect(some([[1], [2, 3], []])).toEqual([[1], [2, 3], []])
  expect(some([])).toEqual([])
})

test('lists after the first that does not fit are not read', () => {
  const looked: number[] = []
  const listOf = (n: number) => {
    looked.push(n)
    return [n, n]
  }
  expect(fitting([1, 2, 3], 3, listOf)).toEqual([[1, 1]])
  expect(looked).toEqual([1, 2])
})
