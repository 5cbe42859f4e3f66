import {
  CallEndedSchema,
  CallEndReason,
  CallJoinedSchema,
  CallRecordingStartedSchema,
  CallStartedSchema,
} from '@beseda/proto/call/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { callRecordFold } from './call-record.js'

const recordOf = (...bodies: readonly Event['body'][]) =>
  bodies.reduce(
    (record, body, i) => callRecordFold.evolve(record, { seq: i + 1, at: 100 * (i + 1), body }),
    undefined as ReturnType<typeof callRecordFold.evolve> | undefined,
  )

const started = (room: boolean): Event['body'] => ({
  case: 'callStarted',
  value: create(CallStartedSchema, { callId: 'c', callerId: 'ann', room }),
})
const joined: Event['body'] = { case: 'callJoined', value: create(CallJoinedSchema, { callId: 'c', userId: 'bob' }) }
const recorded = (userId: string, room: boolean): Event['body'] => ({
  case: 'callRecordingStarted',
  value: create(CallRecordingStartedSchema, { callId: 'c', recordingId: 'r', userId, room }),
})
const ended: Event['body'] = {
  case: 'callEnded',
  value: create(CallEndedSchema, { callId: 'c', reason: CallEndReason.HANG_UP, durationS: 60 }),
}

test('a call has a record from its start on', () => {
  expect(recordOf(started(false))).toMatchObject({ callerId: 'ann', room: false, seq: 1, endedAt: 0 })
  expect(recordOf(started(false), recorded('bob', false), ended)).toMatchObject({
    callerId: 'ann',
    recordedByUserIds: ['bob'],
    durationS: 60,
  })
})

test('who comes to a voice room and goes leaves none', () => {
  expect(recordOf(started(true), joined, ended)).toBeUndefined()
})

test('a voice room that is recorded has one from its first recording on', () => {
  const record = recordOf(started(true), joined, recorded('bob', true), recorded('ann', true), ended)
  expect(record).toMatchObject({ room: true, seq: 3, startedAt: 300, callerId: 'bob', endedAt: 500 })
  expect(record?.recordedByUserIds).toEqual(['bob', 'ann'])
})
