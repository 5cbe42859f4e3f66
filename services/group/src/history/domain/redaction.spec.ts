import {
  MessageDeletedSchema,
  MessageEditedSchema,
  MessagePostedSchema,
  PinChangedSchema,
} from '@beseda/proto/group/v1/events'
import { CommitSchema, type Event } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import { redactionOf } from './redaction.js'

const posted = (messageId: string, threadId = ''): Event['body'] => ({
  case: 'messagePosted',
  value: create(MessagePostedSchema, { messageId, authorId: 'ann', threadId, text: `words of ${messageId}` }),
})
const edited = (messageId: string): Event['body'] => ({
  case: 'messageEdited',
  value: create(MessageEditedSchema, { messageId, text: `new words of ${messageId}` }),
})
const commit = (...bodies: Event['body'][]) =>
  create(CommitSchema, { id: 'c', time: timestampFromMs(7), events: bodies.map((body) => ({ actorId: 'ann', body })) })

const standingOf = (messageId: string) => ({ known: messageId !== 'unknown', deleted: messageId === 'gone' })
const keptIn = (event: Event) => (event.body.case === 'commitRedacted' ? event.body.value.kept : [])
const redacted = (...bodies: Event['body'][]) => keptIn(redactionOf(5, commit(...bodies), standingOf))

test('what was not deleted stays as it was, at the place that it had', () => {
  const pinned: Event['body'] = {
    case: 'pinChanged',
    value: create(PinChangedSchema, { messageId: 'gone', pinned: true }),
  }
  const deleted: Event['body'] = { case: 'messageDeleted', value: create(MessageDeletedSchema, { messageId: 'gone' }) }
  const bodies = [posted('here'), edited('here'), pinned, deleted]
  const kept = redacted(...bodies)
  expect(kept.map(({ event }) => event?.body)).toEqual(bodies)
  expect(kept.map(({ seq, index, time }) => [seq, index, time])).toEqual(
    bodies.map((_, index) => [5n, index, timestampFromMs(7)]),
  )
})

test('of a deleted message stays that it was, where, whose, and in which thread; of its edits nothing', () => {
  const [place, ...rest] = redacted(posted('gone', 't'), edited('gone'))
  expect(rest).toEqual([])
  expect(place).toMatchObject({ seq: 5n, index: 0 })
  const left = create(MessagePostedSchema, { messageId: 'gone', authorId: 'ann', threadId: 't' })
  expect(place?.event).toMatchObject({ actorId: 'ann', body: { case: 'messagePosted', value: left } })
})

test('of a message that the view does not know nothing stays but its edits, which may come before it', () => {
  expect(redacted(posted('unknown'), edited('unknown')).map(({ event }) => event?.body.case)).toEqual(['messageEdited'])
})

test('a commit that an erasure has written is redacted like what it holds, which keeps the first places', () => {
  const first = redactionOf(5, commit(posted('here'), posted('gone')), (id) => ({ ...standingOf(id), deleted: false }))
  const again = redactionOf(9, create(CommitSchema, { id: 'd', events: [first] }), standingOf)
  expect(again.body).toMatchObject({ case: 'commitRedacted', value: { seq: 9n } })
  expect(keptIn(again).map(({ seq, index }) => [seq, index])).toEqual([
    [5n, 0],
    [5n, 1],
  ])
  expect(JSON.stringify(keptIn(again).map(({ event }) => event?.body.value))).not.toContain('words of gone')
})
