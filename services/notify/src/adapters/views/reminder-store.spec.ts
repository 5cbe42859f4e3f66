import { decodeCommit, type EventBody, encodeCommit, SqliteView } from '@beseda/event-log'
import { checkViewLaw, type LogEntry } from '@beseda/event-log/testing'
import { NOTIFY_STREAM, notifyRemindersSubject, parseHistorySubject, parseNotifySubject } from '@beseda/proto'
import {
  Attendance,
  AttendanceAnsweredSchema,
  CallRescheduledSchema,
  CallScheduledSchema,
  CallTermsSchema,
  CallUnscheduledSchema,
  Frequency,
  OccurrenceChangedSchema,
} from '@beseda/proto/call/v1/events'
import { CallReminder, CallsRemindedSchema } from '@beseda/proto/notify/v1/events'
import {
  applyScheduleChange,
  instantOf,
  type Schedule,
  type ScheduleEvent,
  scheduleChangesOf,
} from '@beseda/rules/schedule'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { entryOn, laneEntry } from '../../../../testing/log-entries.js'
import { remindersFold } from '../../domain/reminders/reminders.js'
import { notifyView } from './notify-view.js'
import { SqliteReminderStore } from './reminder-store.js'
import { loadSchedule } from './schedule-view.js'

const GROUP = 'chess'
const termsOf = (startsAt: string, timeZone: string, count: number) =>
  create(CallTermsSchema, {
    ...{ title: 'x', startsAt, timeZone, durationMin: 30 },
    ...(count > 1 ? { recurrence: { frequency: Frequency.DAILY, interval: 1, count } } : {}),
  })
const scheduleId = fc.constantFrom('one', 'other')
const terms = fc
  .tuple(
    fc.constantFrom('2027-03-27T02:30', '2027-10-30T02:30', '2027-03-08T10:00'),
    fc.constantFrom('Europe/Berlin', 'America/New_York', 'Asia/Kolkata'),
    fc.integer({ min: 1, max: 4 }),
  )
  .map((all) => termsOf(...all))
const body: fc.Arbitrary<EventBody> = fc.oneof(
  fc
    .record({ scheduleId, terms })
    .map((value) => ({ case: 'callScheduled', value: create(CallScheduledSchema, value) }) as const),
  fc
    .record({ scheduleId, terms })
    .map((value) => ({ case: 'callRescheduled', value: create(CallRescheduledSchema, value) }) as const),
  scheduleId.map(
    (id) => ({ case: 'callUnscheduled', value: create(CallUnscheduledSchema, { scheduleId: id }) }) as const,
  ),
  fc
    .record({
      scheduleId,
      occurrence: fc.constantFrom('2027-03-28T02:30', '2027-03-09T10:00'),
      cancelled: fc.boolean(),
      startsAt: fc.constantFrom('', '2027-03-09T11:00'),
    })
    .map((value) => ({ case: 'occurrenceChanged', value: create(OccurrenceChangedSchema, value) }) as const),
  fc
    .record({
      scheduleId,
      userId: fc.constantFrom('ann', 'bob'),
      attendance: fc.constantFrom(Attendance.YES, Attendance.NO),
    })
    .map((value) => ({ case: 'attendanceAnswered', value: create(AttendanceAnsweredSchema, value) }) as const),
)
const reminded = fc.integer({ min: 1, max: 9 }).map((at): EventBody => {
  const calls = [{ scheduleId: 'one', startsAt: timestampFromMs(at), reminder: CallReminder.HOUR }]
  return { case: 'callsReminded', value: create(CallsRemindedSchema, { calls }) }
})
const histories = fc.array(
  fc.oneof(
    fc
      .tuple(fc.constantFrom(GROUP, 'elsewhere'), body)
      .map(([groupId, one]): LogEntry => laneEntry(groupId, 'calls', [one])),
    reminded.map((one): LogEntry => entryOn(notifyRemindersSubject(GROUP), [one], { at: 1, stream: NOTIFY_STREAM })),
  ),
  { maxLength: 20 },
)

test('scheduled calls: the view holds what the events say', () =>
  checkViewLaw<Schedule, ScheduleEvent>({
    view: notifyView,
    decider: {
      initialState: undefined,
      evolve: (state, event) => scheduleChangesOf(event).reduce(applyScheduleChange, state),
    },
    histories,
    eventsOf: ({ subject, commit }) =>
      parseHistorySubject(subject)?.groupId === GROUP
        ? commit.events.filter((event) => scheduleChangesOf(event).some((change) => change.scheduleId === 'one'))
        : [],
    load: (view) => loadSchedule(view, GROUP, 'one'),
  }))

test('reminders: the view holds what the events say', () =>
  checkViewLaw({
    view: notifyView,
    decider: remindersFold,
    histories,
    eventsOf: ({ subject, commit }) =>
      parseNotifySubject(subject)?.userId === GROUP ? commit.events.map((event) => event.body) : [],
    load: (view) => ({ calls: new SqliteReminderStore({ view }).reminded(GROUP).state }),
  }))

test.each([
  ['in the hour that is skipped in spring', '2027-03-28T02:30', 'Europe/Berlin', '2027-03-28T01:30:00Z'],
  ['in the hour that comes twice in autumn', '2027-10-31T02:30', 'Europe/Berlin', '2027-10-31T00:30:00Z'],
  ['where clocks are put forward by half an hour', '2027-10-03T02:15', 'Australia/Lord_Howe', '2027-10-02T15:45:00Z'],
])('a call %s is ahead until the instant at which it starts', (_, local, zone, iso) => {
  const view = SqliteView.open(':memory:', notifyView)
  onTestFinished(() => view.close())
  const value = create(CallScheduledSchema, { scheduleId: 'one', terms: termsOf(local, zone, 1) })
  const { stream, subject, commit } = laneEntry(GROUP, 'calls', [{ case: 'callScheduled', value }])
  view.applyBatch(stream, 'epoch', [decodeCommit(stream, subject, 1, encodeCommit(commit))])
  const [store, at] = [new SqliteReminderStore({ view }), Date.parse(iso)]
  expect(instantOf(local, zone)).toBe(at)
  expect(store.upcoming(at - 1, at)).toEqual([{ groupId: GROUP, scheduleId: 'one', startsAt: at }])
  expect(store.upcoming(at - 3_600_000, at)).toHaveLength(1)
  expect(store.upcoming(at, at + 3_600_000)).toEqual([])
  expect(store.upcoming(at - 3_600_000, at - 1)).toEqual([])
  expect([store.startsAt(GROUP, 'one', at), store.startsAt(GROUP, 'one', at + 1)]).toEqual([true, false])
})
