import { expect, test } from 'vitest'
import { neighbourOf } from './neighbours.js'

const list = [
  { id: 'a', read: { unread: 0, markedUnread: false } },
  { id: 'b', read: { unread: 2, markedUnread: false } },
  { id: 'c', read: { unread: 0, markedUnread: false } },
  { id: 'd', read: { unread: 1, markedUnread: false } },
]
const go = (open: string | undefined, by: 1 | -1, unread = false) => neighbourOf(list, open, by, { unread })?.id

test('one down, one up, wrapping around', () => {
  expect(go('a', 1)).toBe('b')
  expect(go('b', -1)).toBe('a')
  expect(go('d', 1)).toBe('a')
  expect(go('a', -1)).toBe('d')
})
test('with none open, down is the first and up the last', () => {
  expect(go(undefined, 1)).toBe('a')
  expect(go(undefined, -1)).toBe('d')
})
test('the next unread conversation', () => {
  expect(go('a', 1, true)).toBe('b')
  expect(go('b', 1, true)).toBe('d')
  expect(go('b', -1, true)).toBe('d')
})
test('no other conversation', () => {
  expect(neighbourOf([], undefined, 1)).toBeUndefined()
  expect(neighbourOf(list.slice(0, 1), 'a', 1)).toBeUndefined()
  expect(neighbourOf(list.slice(0, 1), undefined, 1, { unread: true })).toBeUndefined()
})

test('a conversation that was marked as unread is a next unread one', () => {
  const marked = [list[0], { id: 'm', read: { unread: 0, markedUnread: true } }].flatMap((one) => one ?? [])
  expect(neighbourOf(marked, 'a', 1, { unread: true })?.id).toBe('m')
})
