import {
  CallEndedSchema,
  CallEndReason,
  CallMissedSchema,
  CallRecordingStartedSchema,
  CallStartedSchema,
} from '@beseda/proto/call/v1/events'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterEvent, type CallEntry, lookOf, merged } from './call-entries.js'

const event = (body: Event['body']) => create(EventSchema, { body })
const started = event({
  case: 'callStarted',
  value: create(CallStartedSchema, { callId: 'c', callerId: 'ann', video: true, inviteeIds: ['bob'] }),
})
const missed = event({ case: 'callMissed', value: create(CallMissedSchema, { callId: 'c', userIds: ['bob'] }) })
const ended = (reason: CallEndReason, durationS = 0) =>
  event({ case: 'callEnded', value: create(CallEndedSchema, { callId: 'c', reason, durationS }) })
const recorded = event({
  case: 'callRecordingStarted',
  value: create(CallRecordingStartedSchema, { callId: 'c', recordingId: 'r', userId: 'ann' }),
})
const fold = (...events: Event[]) =>
  events.reduce<readonly CallEntry[]>((entries, one, i) => afterEvent(entries, one, 1_000 + i, 10 + i), [])

test.each([
  ['goes on', [started], 'ann', 'going'],
  ['was talked', [started, ended(CallEndReason.HANG_UP, 65)], 'ann', 'ended'],
  ['was missed', [started, missed, ended(CallEndReason.MISSED)], 'bob', 'missed'],
  ['was answered by nobody', [started, missed, ended(CallEndReason.MISSED)], 'ann', 'unanswered'],
  ['was declined', [started, ended(CallEndReason.DECLINED)], 'bob', 'declined'],
  ['was cancelled', [started, missed, ended(CallEndReason.CANCELLED)], 'ann', 'cancelled'],
  ['was missed by one of many', [started, missed, ended(CallEndReason.HANG_UP, 65)], 'bob', 'missed'],
])('a call that %s', (_, events, me, look) => {
  expect(lookOf(fold(...events)[0]!, me)).toBe(look)
})

test('who comes to a voice room and goes is no entry; a recording of it is one, with who made it', () => {
  const entered = event({
    case: 'callStarted',
    value: create(CallStartedSchema, { callId: 'c', callerId: 'ann', room: true }),
  })
  const filmed = (userId: string) =>
    event({
      case: 'callRecordingStarted',
      value: create(CallRecordingStartedSchema, { callId: 'c', recordingId: 'r', userId, room: true }),
    })
  expect(fold(entered, ended(CallEndReason.HANG_UP, 65))).toEqual([])
  expect(fold(entered, filmed('bob'), filmed('ann'), ended(CallEndReason.HANG_UP, 65))).toMatchObject([
    { id: 'c', room: true, seq: 11, startedAt: 1_001, callerId: 'bob', recordedByUserIds: ['bob', 'ann'] },
  ])
})

test('an event received twice changes nothing more', () => {
  expect(fold(started, started, missed, missed)).toEqual(fold(started, missed).map((entry) => ({ ...entry })))
  const [twice] = fold(started, recorded, recorded)
  expect(twice?.recordedByUserIds).toEqual(['ann'])
})

const at = (seq: number): CallEntry => ({ ...fold(started)[0]!, id: `c${seq}`, seq })

test('a page, the present entries and the remaining events give all events, in any overlap', () => {
  const story = [started, missed, recorded, ended(CallEndReason.HANG_UP, 65)]
  const whole = fold(...story)
  const position = fc.nat({ max: story.length })
  fc.assert(
    fc.property(position, position, fc.boolean(), (page, present, again) => {
      const joined = merged(fold(...story.slice(0, page)), fold(...story.slice(0, present)))
      const rest = story.slice(again ? 0 : Math.max(page, present))
      const offset = story.length - rest.length
      expect(rest.reduce((all, one, i) => afterEvent(all, one, 1_000 + offset + i, 10 + offset + i), joined)).toEqual(
        whole,
      )
    }),
  )
})

test('pages join in order, and the newest version of a call wins', () => {
  const heard = { ...at(5), endedAt: 3_000, durationS: 9 }
  expect(merged([at(3), at(5)], [heard, at(7)])).toEqual([at(3), heard, at(7)])
})
