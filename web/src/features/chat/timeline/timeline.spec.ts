import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ChatMessage } from '../../../sync/model/model.js'
import { Timeline, type TimelineInput, timelineOf } from './timeline.js'

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
const shapeOf = (items: ReturnType<typeof timelineOf>) =>
  items.map((item) => (item.kind === 'message' ? `${item.message.id}${item.head ? '*' : ''}` : item.kind))
const shape = (input: TimelineInput) => shapeOf(timelineOf(input))

test('messages of one author within five minutes share a header; a new day starts another', () => {
  const messages = [
    message('a', 'ann', 0),
    message('b', 'ann', 4),
    message('c', 'ann', 10),
    message('d', 'bob', 11),
    message('e', 'bob', 60 * 24),
  ]
  expect(shape({ messages })).toEqual(['day', 'a*', 'b', 'c*', 'd*', 'day', 'e*'])
})

test('messages being sent are at the end, once, with their state', () => {
  const outgoing = [
    { id: 'a', userId: 'me', groupId: 'g', text: 'a', createdAt: noon },
    { id: 'x', userId: 'me', groupId: 'g', text: 'x', createdAt: noon, refused: 'NOT_A_MEMBER' },
  ]
  const items = timelineOf({ messages: [message('a', 'me', 0)], outgoing })
  expect(items.flatMap((item) => (item.kind === 'message' ? [[item.message.id, item.message.state]] : []))).toEqual([
    ['a', 'sent'],
    ['x', 'refused'],
  ])
})

test('a line is before the first unread message', () => {
  const messages = [message('a', 'ann', 1), message('b', 'ann', 2), message('c', 'ann', 3)]
  expect(shape({ messages, readBefore: { seq: 1, index: 0 } })).toEqual(['day', 'a*', 'unread', 'b*', 'c'])
  const mixed = [message('a', 'ann', 1), message('b', 'me', 2), message('c', 'ann', 3)]
  expect(shape({ messages: mixed, readBefore: { seq: 1, index: 0 }, me: 'me' })).toEqual([
    'day',
    'a*',
    'b*',
    'unread',
    'c*',
  ])
})

test('a rebuild after any change equals a fresh build, and unchanged rows are the same objects', () => {
  const change = fc.record({
    do: fc.constantFrom('append', 'prepend', 'edit', 'remove', 'send', 'mark'),
    at: fc.nat(),
    author: fc.constantFrom('ann', 'bob', 'me'),
    minutes: fc.integer({ min: 1, max: 600 }),
  })
  fc.assert(
    fc.property(fc.array(change, { maxLength: 40 }), (changes) => {
      const timeline = new Timeline()
      let messages: ChatMessage[] = [message('start', 'ann', 0)]
      let input: TimelineInput = { messages, me: 'me' }
      let made = 0
      for (const one of changes) {
        const [first, last] = [messages[0]?.seq ?? 0, messages.at(-1)?.seq ?? 0]
        const at = one.at % Math.max(1, messages.length)
        if (one.do === 'append') messages = [...messages, message(`m${made++}`, one.author, last + one.minutes)]
        if (one.do === 'prepend') messages = [message(`m${made++}`, one.author, first - one.minutes), ...messages]
        if (one.do === 'edit')
          messages = messages.map((old, i) => (i === at ? { ...old, text: `edited ${made++}` } : old))
        if (one.do === 'remove') messages = messages.filter((_, i) => i !== at)
        const outgoing =
          one.do === 'send' ? [{ id: `o${made++}`, userId: 'me', groupId: 'g', text: 'o', createdAt: noon }] : []
        const readBefore = one.do === 'mark' ? { seq: last - 1, index: 0 } : input.readBefore
        const before = new Set(timeline.build(input))
        const kept = new Set(input.messages)
        input = { messages, outgoing, readBefore, me: 'me' }
        const items = timeline.build(input)
        expect(shapeOf(items)).toEqual(shape(input))
        const changed = items.filter((item) => item.kind === 'message' && !before.has(item)).length
        const fresh = messages.filter((each) => !kept.has(each)).length
        // A change affects its own row, the next one, whose header may appear or disappear, and those beside the line of new messages.
        expect(changed).toBeLessThanOrEqual(fresh + outgoing.length + (one.do === 'mark' ? 4 : 1))
      }
    }),
  )
})
