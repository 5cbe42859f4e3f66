import { expect, test } from 'vitest'
import { ReadOnce } from './read-once.js'

const line = (key: number, userId = 'ann') => ({ key, userId, text: `text ${key}`, language: 'en', at: 0 })

test('each line is read once: not what was there before, nor what one has said oneself', () => {
  const read = new ReadOnce([line(1), line(2)], 'bob')
  const keys = (...lines: ReturnType<typeof line>[]) => read.of(lines).map(({ key }) => key)
  expect(keys(line(1), line(2))).toEqual([])
  expect(keys(line(1), line(2), line(3), line(4, 'bob'), line(5))).toEqual([3, 5])
  // The first ones are gone, or are shown again.
  expect(keys(line(5))).toEqual([])
  expect(keys(line(1), line(2), line(3), line(4), line(5), line(6))).toEqual([6])
})
