import { checkViewLaw, type LogEntry } from '@beseda/event-log/testing'
import { NOTIFY_STREAM, notifyCalendarSubject, parseNotifySubject } from '@beseda/proto'
import { CalendarFailure } from '@beseda/proto/notify/v1/calendar_service'
import fc from 'fast-check'
import { test } from 'vitest'
import { entryOn } from '../../../../testing/log-entries.js'
import { calendarFold, eventOf, type KeptCalendar } from '../../domain/calendar/calendar.js'
import { SqliteCalendarStore } from './calendar-store.js'
import { notifyView } from './notify-view.js'

const connection = fc.record({
  ...{ id: fc.uuid(), url: fc.webUrl(), name: fc.string(), userName: fc.string(), titles: fc.boolean() },
  ...{ sealedPassword: fc.uint8Array({ maxLength: 4 }), origin: fc.webUrl() },
})
const entries = fc.uniqueArray(
  fc.record({
    ...{ groupId: fc.constantFrom('chess', 'go'), scheduleId: fc.constantFrom('one', 'two', 'three') },
    ...{ sequence: fc.nat(3), titled: fc.boolean(), endsAt: fc.nat(1_000) },
  }),
  { selector: ({ scheduleId }) => scheduleId },
)
const failure = fc.record({
  reason: fc.constantFrom(CalendarFailure.CREDENTIALS, CalendarFailure.BUSY),
  attempts: fc.integer({ min: 1, max: 30 }),
  retryAt: fc.option(fc.integer({ min: 1, max: 1_000 }), { nil: undefined }),
})
const refused = fc.uniqueArray(
  fc.record({
    ...{ groupId: fc.constantFrom('chess', 'go'), scheduleId: fc.constantFrom('one', 'two') },
    ...{ sequence: fc.nat(3), removing: fc.boolean(), failure },
  }),
  { selector: ({ scheduleId, removing }) => `${scheduleId} ${removing}` },
)
const kept = fc
  .record({
    connection: fc.option(connection, { nil: undefined }),
    entries,
    ending: fc.boolean(),
    failure: fc.option(failure, { nil: undefined }),
    refused,
  })
  .map((state: KeptCalendar) => eventOf(state))
const histories = fc.array(
  fc
    .tuple(fc.constantFrom('ann', 'bob'), kept)
    .map(([userId, one]): LogEntry => entryOn(notifyCalendarSubject(userId), [one], { at: 1, stream: NOTIFY_STREAM })),
  { maxLength: 10 },
)

test('calendars: the view holds what the events say', () =>
  checkViewLaw({
    view: notifyView,
    decider: calendarFold,
    histories,
    eventsOf: ({ subject, commit }) =>
      parseNotifySubject(subject)?.userId === 'ann' ? commit.events.map((event) => event.body) : [],
    load: (view) => new SqliteCalendarStore({ view }).of('ann').state,
  }))
