import { expect, test } from 'vitest'
import type { ChatMessage } from '../../sync/model.js'
import { timelineOf } from './timeline.js'

const noon = new Date(2026, 5, 1, 12).getTime()
const message = (id: string, authorId: string, minutes: number) =>
  ({
    id,
    authorId,
    text: id,
    sentAt: noon + minutes * 60_000,
    seq: minutes,
    index: 0,
    replyTo: '',
    authorName: '',
  }) as ChatMessage
const shape = (...parameters: Parameters<typeof timelineOf>) =>
  timelineOf(...parameters).map((item) =>
    item.kind === 'message' ? `${item.message.id}${item.head ? '*' : ''}` : item.kind,
  )

test('messages of one author within five minutes share a head; a day divides', () => {
  const messages = [
    message('a', 'ann', 0),
    message('b', 'ann', 4),
    message('c', 'ann', 10),
    message('d', 'bob', 11),
    message('e', 'bob', 60 * 24),
  ]
  expect(shape(messages, [])).toEqual(['day', 'a*', 'b', 'c*', 'd*', 'day', 'e*'])
})

test('what is on its way stands at the end, once, and says how it is', () => {
  const outgoing = [
    { id: 'a', userId: 'me', groupId: 'g', text: 'a', createdAt: noon },
    { id: 'x', userId: 'me', groupId: 'g', text: 'x', createdAt: noon, refused: 'NOT_A_MEMBER' },
  ]
  const items = timelineOf([message('a', 'me', 0)], outgoing)
  expect(items.flatMap((item) => (item.kind === 'message' ? [[item.message.id, item.message.state]] : []))).toEqual([
    ['a', 'sent'],
    ['x', 'refused'],
  ])
})

test('a line stands before the first message that was not read', () => {
  const messages = [message('a', 'ann', 1), message('b', 'ann', 2), message('c', 'ann', 3)]
  expect(shape(messages, [], { seq: 1, index: 0 })).toEqual(['day', 'a*', 'unread', 'b*', 'c'])
  const mixed = [message('a', 'ann', 1), message('b', 'me', 2), message('c', 'ann', 3)]
  expect(shape(mixed, [], { seq: 1, index: 0 }, 'me')).toEqual(['day', 'a*', 'b*', 'unread', 'c*'])
})
