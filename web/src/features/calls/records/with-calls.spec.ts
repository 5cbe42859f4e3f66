import { expect, test } from 'vitest'
import type { ChatMessage } from '../../../sync/model.js'
import { timelineOf } from '../../chat/timeline.js'
import type { CallEntry } from './call-entries.js'
import { withCalls } from './with-calls.js'

const noon = new Date(2026, 5, 1, 12).getTime()
const day = 60 * 24
const message = (id: string, seq: number, minutes: number) =>
  ({
    id,
    authorId: 'ann',
    authorName: '',
    replyTo: '',
    text: id,
    seq,
    index: 0,
    sentAt: noon + minutes * 60_000,
  }) as ChatMessage
const call = (id: string, seq: number, minutes: number) =>
  ({ id, seq, startedAt: noon + minutes * 60_000 }) as unknown as CallEntry
const shape = (messages: ChatMessage[], calls: CallEntry[], readBefore?: { seq: number; index: number }) =>
  withCalls(timelineOf({ messages, readBefore }), calls).map((item) => {
    if (item.kind === 'message') return `${item.message.id}${item.head ? '*' : ''}`
    return item.kind === 'call' ? item.call.id : item.kind
  })

test('a call stands between the messages before and after it, and what follows has a head again', () => {
  expect(shape([message('a', 1, 0), message('b', 3, 2)], [call('x', 2, 1)])).toEqual(['day', 'a*', 'x', 'b*'])
})

test('each stands under its day', () => {
  const messages = [message('a', 1, 0), message('b', 5, day)]
  expect(shape(messages, [call('x', 2, 1), call('y', 4, day - 1), call('z', 6, 2 * day)])).toEqual([
    'day',
    'a*',
    'x',
    'day',
    'y',
    'b*',
    'day',
    'z',
  ])
  expect(shape([message('b', 5, day)], [call('x', 2, 1), call('y', 4, day - 1)])).toEqual([
    'day',
    'x',
    'day',
    'y',
    'b*',
  ])
  expect(shape([], [call('x', 2, 1)])).toEqual(['day', 'x'])
})

test('the line of new messages stays at the first new message', () => {
  const messages = [message('a', 1, 0), message('b', 3, 2)]
  expect(shape(messages, [call('x', 2, 1)], { seq: 1, index: 0 })).toEqual(['day', 'a*', 'x', 'unread', 'b*'])
})

test('without calls nothing is made anew', () => {
  const items = timelineOf({ messages: [message('a', 1, 0)] })
  expect(withCalls(items, [])).toBe(items)
})
