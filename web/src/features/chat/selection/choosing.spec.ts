import { expect, test } from 'vitest'
import type { ChatMessage } from '../../../sync/model/model.js'
import { type Chosen, inOrder, toggled, withRange } from './choosing.js'

const message = (id: string, seq: number, index = 0) => ({ id, seq, index }) as ChatMessage
const ROWS = [message('a', 1), message('b', 2), message('c', 2, 1), message('d', 3), message('e', 4)]
const chosen = (...ids: string[]): Chosen =>
  new Map(ROWS.filter(({ id }) => ids.includes(id)).map((one) => [one.id, one]))
const idsOf = (some: Chosen) => [...some.keys()]

test('one more, one less', () => {
  const [first] = ROWS
  if (!first) throw new Error('no rows')
  const one = toggled(chosen(), first)
  expect([idsOf(one), idsOf(toggled(one, first))]).toEqual([['a'], []])
})

test('a range goes both ways, includes its ends, and keeps what was chosen before', () => {
  expect(idsOf(withRange(chosen('e'), ROWS, 'b', 'd')).toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    'b',
    'c',
    'd',
    'e',
  ])
  expect(idsOf(withRange(chosen('d'), ROWS, 'd', 'b')).toSorted((a, b) => (a < b ? -1 : 1))).toEqual(['b', 'c', 'd'])
  expect(idsOf(withRange(chosen(), ROWS, 'gone', 'b'))).toEqual(['b'])
})

test('whatever the order of choosing, they are in the order of the conversation', () => {
  const all = withRange(withRange(chosen(), ROWS, 'd', 'd'), ROWS, 'b', 'c')
  expect(inOrder(all).map(({ id }) => id)).toEqual(['b', 'c', 'd'])
})
