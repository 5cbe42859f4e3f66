import { expect, test } from 'vitest'
import { hasPollEnded, pollText } from './polls.js'

test('a poll ends at its time, and without a time not by itself', () => {
  expect([hasPollEnded(10, 9), hasPollEnded(10, 10), hasPollEnded(0, 10)]).toEqual([false, true, false])
})

test('as a text it is its question with a list', () => {
  expect(pollText('Tea?', ['yes', 'no'])).toBe('Tea?\n- yes\n- no')
})
