import type { EventBody, StoredCommit } from '@beseda/event-log'
import { checkViewLaw } from '@beseda/event-log/testing'
import { parseHistorySubject } from '@beseda/proto'
import {
  CallEndedSchema,
  CallEndReason,
  CallMissedSchema,
  CallRecordingStartedSchema,
  CallStartedSchema,
} from '@beseda/proto/call/v1/events'
import { GroupCreatedSchema, GroupKind } from '@beseda/proto/group/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { test } from 'vitest'
import { laneEntry } from '../../../../../testing/log-entries.js'
import { historyView } from '../../../view/history-view.js'
import { type CallEvent, callRecordFold } from '../../domain/call-record.js'
import { loadCall } from './call-record-view.js'

const [GROUP, CALL] = ['g', 'c1']
const callId = fc.constantFrom(CALL, 'c2')
const person = fc.constantFrom('ann', 'bob', 'eve')

const body: fc.Arbitrary<EventBody> = fc.oneof(
  fc.record({ callId, callerId: person, video: fc.boolean(), room: fc.boolean() }).map(
    (fields): EventBody => ({
      case: 'callStarted',
      value: create(CallStartedSchema, fields),
    }),
  ),
  fc.record({ callId, userIds: fc.array(person, { maxLength: 3 }) }).map(
    (fields): EventBody => ({
      case: 'callMissed',
      value: create(CallMissedSchema, fields),
    }),
  ),
  fc.record({ callId, userId: person, soundOnly: fc.boolean(), room: fc.boolean() }).map(
    (fields): EventBody => ({
      case: 'callRecordingStarted',
      value: create(CallRecordingStartedSchema, fields),
    }),
  ),
  fc
    .record({ callId, reason: fc.constantFrom(CallEndReason.HANG_UP, CallEndReason.DECLINED), durationS: fc.nat(99) })
    .map((fields): EventBody => ({ case: 'callEnded', value: create(CallEndedSchema, fields) })),
)

const founding: EventBody = {
  case: 'groupCreated',
  value: create(GroupCreatedSchema, { kind: GroupKind.GROUP, name: 'x', ownerId: 'ann', memberIds: ['ann'] }),
}
const isOfCall = ({ body: of }: CallEvent): boolean =>
  (of.case === 'callStarted' ||
    of.case === 'callMissed' ||
    of.case === 'callRecordingStarted' ||
    of.case === 'callEnded') &&
  of.value.callId === CALL

const eventsOf = ({ subject, seq, commit }: StoredCommit): readonly CallEvent[] => {
  if (parseHistorySubject(subject)?.groupId !== GROUP) return []
  const at = commit.time ? timestampMs(commit.time) : 0
  return commit.events.map((event) => ({ seq, at, body: event.body })).filter(isOfCall)
}

test('the record of a call loads from the view as its events say, in whatever order they come', () => {
  const groupId = fc.constantFrom(GROUP, GROUP, 'other')
  const commits = fc.array(fc.tuple(groupId, fc.array(body, { minLength: 1, maxLength: 3 })), { maxLength: 15 })
  const histories = commits.map((list) => [
    laneEntry(GROUP, 'group', [founding]),
    laneEntry('other', 'group', [founding]),
    ...list.map(([of, bodies], i) => laneEntry(of, 'calls', bodies, { at: i + 2 })),
  ])
  const load = (view: Parameters<typeof loadCall>[0]) => loadCall(view, GROUP, CALL)
  checkViewLaw({ view: historyView, decider: callRecordFold, histories, eventsOf, load }, { numRuns: 300 })
})
