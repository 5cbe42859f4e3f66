import type { StoredCommit } from '@beseda/event-log'
import { checkViewLaw, type LogEntry } from '@beseda/event-log/testing'
import { parseHistorySubject } from '@beseda/proto'
import { Attendance } from '@beseda/proto/call/v1/events'
import { GroupCreatedSchema, GroupKind } from '@beseda/proto/group/v1/events'
import { type ScheduleEvent, scheduleChangesOf } from '@beseda/rules/schedule'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { laneEntry } from '../../../../../testing/log-entries.js'
import { historyView } from '../../../view/history-view.js'
import { eventOf, type ScheduleCommand, scheduleDecider } from '../../domain/schedule.js'
import { anyTerms } from '../../domain/testing.js'
import { loadSchedule } from './schedule-view.js'

const [GROUP, ID] = ['g', 's']
const scheduleId = fc.constantFrom(ID, ID, 'other')
const person = fc.constantFrom('ann', 'bob', 'eve')
const command: fc.Arbitrary<ScheduleCommand> = fc.oneof(
  fc.record({ type: fc.constantFrom('Schedule' as const, 'Reschedule' as const), scheduleId, terms: anyTerms }),
  fc.record({ type: fc.constant('Unschedule' as const), scheduleId }),
  fc.record({
    type: fc.constant('ChangeOccurrence' as const),
    scheduleId,
    occurrence: fc.constantFrom('2027-03-08T10:00', '2027-03-15T10:00'),
    cancelled: fc.boolean(),
    startsAt: fc.constantFrom('', '2027-03-09T10:00'),
    durationMin: fc.constantFrom(0, 45),
  }),
  {
    weight: 3,
    arbitrary: fc.record({
      type: fc.constant('Answer' as const),
      scheduleId,
      attendance: fc.constantFrom(Attendance.YES, Attendance.NO),
    }),
  },
)
const founding = (groupId: string) =>
  laneEntry(groupId, 'group', [
    {
      case: 'groupCreated',
      value: create(GroupCreatedSchema, { kind: GroupKind.GROUP, name: 'x', ownerId: 'ann', memberIds: ['ann'] }),
    },
  ])

const eventsOf = ({ subject, commit }: StoredCommit): readonly ScheduleEvent[] =>
  parseHistorySubject(subject)?.groupId === GROUP
    ? commit.events.filter((event) => scheduleChangesOf(event).some((change) => change.scheduleId === ID))
    : []

test('a schedule loads from the view as its events say, in whatever order they come', () => {
  const steps = fc.array(fc.tuple(fc.constantFrom(GROUP, GROUP, 'elsewhere'), command, person), { maxLength: 20 })
  const histories = steps.map((list): LogEntry[] => [
    founding(GROUP),
    founding('elsewhere'),
    ...list.map(([groupId, one, by], at) =>
      laneEntry(groupId, 'calls', [eventOf(one, by)], { at: at + 2, actorId: by }),
    ),
  ])
  const load = (view: Parameters<typeof loadSchedule>[0]) => loadSchedule(view, GROUP, ID)
  checkViewLaw({ view: historyView, decider: scheduleDecider, histories, eventsOf, load }, { numRuns: 150 })
  const forgetful = { ...historyView, apply: () => undefined }
  expect(() => checkViewLaw({ view: forgetful, decider: scheduleDecider, histories, eventsOf, load })).toThrow()
})
