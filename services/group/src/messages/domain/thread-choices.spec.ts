import { expect, test } from 'vitest'
import { chosen, MOST_CHOICES, type ThreadChoice } from './thread-choices.js'

test('the latest choice about a thread holds, and one that holds already is none', () => {
  const first = chosen([], 'a', true) ?? []
  const both = chosen(first, 'b', false) ?? []
  expect(both).toEqual([
    { threadId: 'a', follows: true },
    { threadId: 'b', follows: false },
  ])
  expect(chosen(both, 'a', true)).toBeUndefined()
  expect(chosen(both, 'a', false)).toEqual([
    { threadId: 'b', follows: false },
    { threadId: 'a', follows: false },
  ])
})

test('beyond the limit the oldest choice is forgotten', () => {
  const full = Array.from({ length: MOST_CHOICES }, (_, i): ThreadChoice => ({ threadId: `t${i}`, follows: true }))
  const after = chosen(full, 'new', true) ?? []
  expect([after.length, after[0]?.threadId, after.at(-1)?.threadId]).toEqual([MOST_CHOICES, 't1', 'new'])
})
