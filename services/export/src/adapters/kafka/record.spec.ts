import { RecordSchema } from '@beseda/proto/export/v1/record'
import { MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { MembersAddedSchema } from '@beseda/proto/membership/v1/events'
import { create, fromBinary, fromJsonString } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import type { Placed } from '../../domain/placed.js'
import { peopleIn, type RecordOptions, recordOf } from './record.js'

const options: RecordOptions = {
  epochOf: () => 'epoch',
  format: 'protobuf',
  key: 'message',
  erases: true,
  partitionOf: () => 5,
}
const at = (body: Event['body'], traceparent = ''): Placed => ({
  place: { stream: 'HISTORY_1', seq: 7, index: 2 },
  groupId: 'g',
  lane: 'messages',
  at: Date.UTC(2026, 0, 1),
  traceparent,
  event: create(EventSchema, { actorId: 'ann', body }),
})
const posted = at({ case: 'messagePosted', value: create(MessagePostedSchema, { messageId: 'm', text: 'hello' }) })
const added = at({ case: 'membersAdded', value: create(MembersAddedSchema, { userIds: ['bob'] }) })
const record = (placed: Placed, messageId: string | undefined, change: Partial<RecordOptions> = {}) =>
  recordOf({ kind: 'event', placed, messageId }, { ...options, ...change })

test('says in its headers where the event stands and what it is, also as a CloudEvent', () => {
  expect(record(posted, 'm')).toMatchObject({
    partition: 5,
    timestamp: '1767225600000',
    headers: {
      'beseda-id': 'epoch/HISTORY_1/7/2',
      'beseda-group': 'g',
      'beseda-lane': 'messages',
      'beseda-type': 'messagePosted',
      'beseda-schema': 'beseda.export.v1.Record',
      'beseda-time': '2026-01-01T00:00:00.000Z',
      ce_specversion: '1.0',
      ce_id: 'epoch/HISTORY_1/7/2',
      ce_source: '/beseda/history',
      ce_type: 'beseda.messagePosted',
      ce_subject: 'g',
      ce_time: '2026-01-01T00:00:00.000Z',
      'content-type': 'application/protobuf',
    },
  })
  expect(record(posted, 'm')?.headers).not.toHaveProperty('traceparent')
  expect(record({ ...posted, traceparent: '00-a-b-01' }, 'm')?.headers).toHaveProperty('traceparent', '00-a-b-01')
})

test('holds the same in both formats', () => {
  const binary = fromBinary(RecordSchema, record(posted, 'm')?.value as Buffer)
  const json = fromJsonString(RecordSchema, String(record(posted, 'm', { format: 'json' })?.value))
  expect(json).toEqual(binary)
  expect(binary).toMatchObject({ id: 'epoch/HISTORY_1/7/2', groupId: 'g', event: { actorId: 'ann' } })
})

test.each([
  ['content by its message, the rest by its place', {}, 'g/m', 'g/7/2'],
  ['everything by its group', { key: 'group' }, 'g', 'g'],
  ['everything by its place where nothing is erased', { erases: false }, 'g/7/2', 'g/7/2'],
] as const)('has a key: %s', (_, change, content, rest) => {
  expect([record(posted, 'm', change)?.key, record(added, undefined, change)?.key]).toEqual([content, rest])
})

test('an erasure is a record without a value under the key of the message, or none where that would erase the group', () => {
  const erased = { kind: 'erased', groupId: 'g', messageId: 'm' } as const
  expect(recordOf(erased, options)).toEqual({ partition: 5, key: 'g/m', value: null })
  expect([recordOf(erased, { ...options, key: 'group' }), recordOf(erased, { ...options, erases: false })]).toEqual([
    undefined,
    undefined,
  ])
})

test('says who people are where that is wanted, and only what can be erased with them', () => {
  const names = new Map(['ann', 'bob'].map((id) => [id, { username: id, displayName: id.toUpperCase() }]))
  const said = by(posted, 'ann')
  const batch = [said, added].map((placed) => ({ kind: 'event' as const, placed, messageId: messageOf(placed) }))
  const namedIn = (change: Partial<RecordOptions>) =>
    batch.map((one) => {
      const { value } = recordOf(one, { ...options, ...change }, names) ?? {}
      return fromBinary(RecordSchema, value as Buffer).names.map(
        ({ userId, displayName }) => `${userId} ${displayName}`,
      )
    })
  expect(namedIn({})).toEqual([['ann ANN'], []])
  expect(namedIn({ erases: false })).toEqual([['ann ANN'], ['ann ANN', 'bob BOB']])
  expect(namedIn({ key: 'group' })).toEqual([['ann ANN'], ['ann ANN', 'bob BOB']])
  expect([...peopleIn(batch, options)]).toEqual(['ann'])
  expect([...peopleIn([...batch, { kind: 'pulse' }], { ...options, erases: false })]).toEqual(['ann', 'bob'])
})

function by(placed: Placed, authorId: string): Placed {
  const { body } = placed.event
  if (body.case !== 'messagePosted') return placed
  const value = { ...body.value, authorId }
  return { ...placed, event: create(EventSchema, { ...placed.event, body: { case: 'messagePosted', value } }) }
}
const messageOf = ({ event: { body } }: Placed) => (body.case === 'messagePosted' ? body.value.messageId : undefined)
