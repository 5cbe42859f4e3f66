import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ChatMessage } from '../../../sync/model/model.js'
import { asidesWithin, TimelineWithAsides } from './asides.js'
import { type Aside, Timeline, type TimelineItem, timelineOf } from './timeline.js'

const withAsides = (items: readonly TimelineItem<never>[], calls: readonly Aside[]) =>
  new TimelineWithAsides().build(items, calls)
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
  ({ id, seq, startedAt: noon + minutes * 60_000 }) satisfies Aside
const shape = (messages: ChatMessage[], calls: Aside[], readBefore?: { seq: number; index: number }) =>
  withAsides(timelineOf({ messages, readBefore }), calls).map((item) => {
    if (item.kind === 'message') return `${item.message.id}${item.head ? '*' : ''}`
    return item.kind === 'aside' ? item.aside.id : item.kind
  })

test('a call is between the messages before and after it, and the next message has a header again', () => {
  expect(shape([message('a', 1, 0), message('b', 3, 2)], [call('x', 2, 1)])).toEqual(['day', 'a*', 'x', 'b*'])
})

test('each is under its day', () => {
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

test('without calls no new rows are created', () => {
  const items = timelineOf({ messages: [message('a', 1, 0)] })
  expect(withAsides(items, [])).toBe(items)
})

/** A conversation with its rows and the changes to it. */
const change = fc.oneof(
  fc.record({ what: fc.constant('say' as const) }),
  fc.record({ what: fc.constant('call' as const) }),
  fc.record({ what: fc.constant('edit' as const), place: fc.nat() }),
  fc.record({ what: fc.constant('delete' as const), place: fc.nat() }),
  fc.record({ what: fc.constant('older call' as const), place: fc.nat() }),
  fc.record({ what: fc.constant('older page' as const) }),
)

test('a rebuild after each change equals a fresh build', () => {
  fc.assert(
    fc.property(fc.array(change, { maxLength: 30 }), (changes) => {
      const [timeline, again] = [new Timeline(), new TimelineWithAsides()]
      let messages = Array.from({ length: 200 }, (_, i) => message(`m${i}`, 1_000 + 2 * i, 20 * i))
      let calls = [call('first', 1_101, 1_001), call('second', 1_301, 3_001)]
      let [first, last, made] = [1_000, 1_400, 0]
      for (const { what, ...more } of changes) {
        const place = 'place' in more ? more.place : 0
        const at = place % messages.length
        if (what === 'say') messages = [...messages, message(`n${++made}`, last, (last - 1_000) * 10)]
        if (what === 'call') calls = [...calls, call(`c${++made}`, last, (last - 1_000) * 10)]
        if (what === 'edit') messages = messages.map((one, i) => (i === at ? { ...one, text: `${++made}` } : one))
        if (what === 'delete') messages = messages.filter((_, i) => i !== at)
        if (what === 'older call') {
          const seq = 1_001 + 2 * (place % 200)
          const added = call(`o${++made}`, seq, (seq - 1_000) * 10)
          calls = [...calls, added].sort((one, other) => one.seq - other.seq)
        }
        if (what === 'older page') messages = [message(`p${++made}`, --first, (first - 1_000) * 10), ...messages]
        last += 2
        const rows = again.build(timeline.build({ messages }), calls)
        expect(rows).toEqual(withAsides(timelineOf({ messages }), calls))
      }
    }),
    { numRuns: 60 },
  )
})

test('a new message makes one new row: the others are the same objects', () => {
  const [timeline, again] = [new Timeline(), new TimelineWithAsides()]
  const messages = Array.from({ length: 150 }, (_, i) => message(`m${i}`, 2 * i + 1, i))
  const calls = [call('x', 40, 20), call('y', 200, 100)]
  const before = again.build(timeline.build({ messages }), calls)
  const after = again.build(timeline.build({ messages: [...messages, message('new', 999, 151)] }), calls)
  expect(after.length).toBe(before.length + 1)
  expect(after.filter((row, i) => row === before[i]).length).toBe(before.length)
})

test('asides are placed among the messages that are loaded', () => {
  const run = { messages: [{ seq: 4 }, { seq: 8 }], hasOlder: true, hasNewer: true }
  const all = [1, 4, 6, 9].map((seq) => call(`c${seq}`, seq, seq))
  expect(asidesWithin(all, run).map(({ seq }) => seq)).toEqual([4, 6])
  expect(asidesWithin(all, { ...run, hasOlder: false, hasNewer: false })).toEqual(all)
})
