import { expect, test } from 'vitest'
import { countsText } from './missed-text.js'

test.each([
  [2, 0, '2 mentions', '2 упоминания'],
  [0, 1, '1 direct message', '1 личное сообщение'],
  [1, 5, '5 direct messages and 1 mention', '5 личных сообщений и 1 упоминание'],
  [21, 22, '22 direct messages and 21 mentions', '22 личных сообщения и 21 упоминание'],
  [0, 1_000, '1000+ direct messages', '1000+ личных сообщений'],
])('%i mentions and %i direct messages', (mentions, messages, english, russian) => {
  const missed = { mentions, messages, conversations: 1 }
  expect([countsText(missed, false, false), countsText(missed, false, true)]).toEqual([english, russian])
})

test('a digest counts conversations, too', () => {
  const text = (conversations: number, russian: boolean) =>
    countsText({ mentions: 1, messages: 3, conversations }, true, russian)
  expect(text(1, false)).toBe('3 messages and 1 mention in 1 conversation')
  expect(text(2, false)).toBe('3 messages and 1 mention in 2 conversations')
  expect([1, 2, 11, 21].map((count) => text(count, true).split(' в ')[1])).toEqual([
    '1 беседе',
    '2 беседах',
    '11 беседах',
    '21 беседе',
  ])
})
