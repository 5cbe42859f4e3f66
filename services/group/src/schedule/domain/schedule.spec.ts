import { fold } from '@beseda/kernel'
import { Attendance, Frequency, Weekday } from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import type { ScheduleEvent } from '@beseda/rules/schedule'
import { describe, expect, test } from 'vitest'
import { type ByMember, eventOf, type ScheduleCommand, scheduleDecider } from './schedule.js'
import { recurrenceOf, termsOf, WEEKLY } from './testing.js'

const NOW = Date.UTC(2027, 2, 1)
const scheduleId = 's'
const scope = { kind: GroupKind.GROUP, overrides: undefined, archived: false }
const member = (userId: string, more: Partial<ByMember> = {}): ByMember => ({
  userId,
  standing: { role: Role.MEMBER, mutedUntil: 0 },
  scope,
  now: NOW,
  ahead: 0,
  ...more,
})
const [ann, bob] = [member('ann'), member('bob')]
const admin = member('eve', { standing: { role: Role.ADMIN, mutedUntil: 0 } })

const given = (...steps: readonly (readonly [ByMember, ScheduleCommand])[]) => {
  const events: ScheduleEvent[] = []
  for (const [by, command] of steps) {
    const state = fold(scheduleDecider, events)
    for (const body of scheduleDecider.decide({ ...command, by }, state)) events.push({ body, actorId: by.userId })
  }
  const state = fold(scheduleDecider, events)
  return {
    state,
    when: (by: ByMember, command: ScheduleCommand) => ({
      yields: (...cases: readonly string[]) =>
        expect(scheduleDecider.decide({ ...command, by }, state).map((body) => body.case)).toEqual(cases),
      refused: (reason: ErrorReason, field?: string) =>
        expect(() => scheduleDecider.decide({ ...command, by }, state)).toThrow(
          expect.objectContaining({ reason, ...(field ? { metadata: { field } } : {}) }),
        ),
    }),
  }
}
const schedule = (fields?: Parameters<typeof termsOf>[0]): ScheduleCommand => ({
  type: 'Schedule',
  scheduleId,
  terms: termsOf(fields),
})
const reschedule = (fields?: Parameters<typeof termsOf>[0]): ScheduleCommand => ({
  type: 'Reschedule',
  scheduleId,
  terms: termsOf(fields),
})
const weekly = schedule({ recurrence: WEEKLY })
const change = (occurrence: string, rest: Partial<Extract<ScheduleCommand, { type: 'ChangeOccurrence' }>> = {}) =>
  ({
    type: 'ChangeOccurrence',
    scheduleId,
    occurrence,
    cancelled: false,
    startsAt: '',
    durationMin: 0,
    ...rest,
  }) as const
const answer = (attendance: Attendance): ScheduleCommand => ({ type: 'Answer', scheduleId, attendance })
const unschedule: ScheduleCommand = { type: 'Unschedule', scheduleId }

describe('what can be scheduled', () => {
  test('a call, once or repeated', () => {
    given().when(ann, schedule()).yields('callScheduled')
    given().when(ann, weekly).yields('callScheduled')
  })

  test.each([
    ['starts_at', { startsAt: '2027-02-30T10:00' }],
    ['starts_at', { startsAt: '2027-03-08 10:00' }],
    ['starts_at', { startsAt: '2027-02-01T10:00' }],
    ['starts_at', { startsAt: '2033-03-08T10:00' }],
    ['time_zone', { timeZone: 'Mars/Olympus' }],
    ['time_zone', { timeZone: '+02:00' }],
    ['recurrence', { recurrence: recurrenceOf({ frequency: Frequency.DAILY }) }],
    ['recurrence', { recurrence: recurrenceOf({ frequency: Frequency.DAILY, count: 3, until: '2027-04-01' }) }],
    ['recurrence', { recurrence: recurrenceOf({ frequency: Frequency.DAILY, until: '2027-02-31' }) }],
    ['recurrence', { recurrence: recurrenceOf({ frequency: Frequency.DAILY, until: '2031-01-01' }) }],
    ['recurrence', { recurrence: recurrenceOf({ frequency: Frequency.YEARLY, count: 7 }) }],
    ['recurrence', { recurrence: recurrenceOf({ frequency: Frequency.YEARLY, count: 730, interval: 99 }) }],
    ['recurrence', { recurrence: recurrenceOf({ frequency: Frequency.WEEKLY, weekdays: [Weekday.FRIDAY], count: 2 }) }],
    ['recurrence', { recurrence: recurrenceOf({ frequency: Frequency.DAILY, weekdays: [Weekday.MONDAY], count: 2 }) }],
    ['recurrence', { recurrence: recurrenceOf({ frequency: Frequency.MONTHLY, nth: 2, count: 2 }) }],
  ] as const)('not by a wrong %s: %o', (field, fields) => {
    given().when(ann, schedule(fields)).refused(ErrorReason.BAD_SCHEDULE, field)
  })

  test('not the fifty-first that lies ahead', () => {
    given()
      .when(member('ann', { ahead: 50 }), schedule())
      .refused(ErrorReason.TOO_MANY)
    given()
      .when(member('ann', { ahead: 49 }), schedule())
      .yields('callScheduled')
  })

  test('not in an archived group, and not by somebody who is muted', () => {
    given()
      .when(member('ann', { scope: { ...scope, archived: true } }), schedule())
      .refused(ErrorReason.ARCHIVED)
    const muted = member('ann', { standing: { role: Role.MEMBER, mutedUntil: NOW + 1 } })
    given().when(muted, schedule()).refused(ErrorReason.MUTED)
  })
})

describe('who changes it', () => {
  test('whoever has scheduled it, and admins', () => {
    const there = given([ann, weekly])
    for (const command of [reschedule(), change('2027-03-15T10:00', { cancelled: true }), unschedule]) {
      there.when(bob, command).refused(ErrorReason.NOT_PERMITTED)
      there.when(ann, command).yields(eventOf(command, 'ann').case ?? '')
      there.when(admin, command).yields(eventOf(command, 'eve').case ?? '')
    }
  })

  test('the other one of a direct chat', () => {
    const direct = { ...scope, kind: GroupKind.DIRECT }
    given([ann, weekly])
      .when(member('bob', { scope: direct }), unschedule)
      .yields('callUnscheduled')
  })

  test('somebody who is muted calls off what is their own', () => {
    const muted = member('ann', { standing: { role: Role.MEMBER, mutedUntil: NOW + 1 } })
    given([ann, weekly]).when(muted, unschedule).yields('callUnscheduled')
    given([ann, weekly]).when(muted, reschedule()).refused(ErrorReason.MUTED)
  })
})

test('what was called off is not there, and calling it off again changes nothing', () => {
  const gone = given([ann, weekly], [ann, unschedule])
  gone.when(ann, unschedule).yields()
  for (const command of [reschedule(), change('2027-03-15T10:00'), answer(Attendance.YES)]) {
    gone.when(ann, command).refused(ErrorReason.SCHEDULE_NOT_FOUND)
  }
})

test('only what is one of the repetitions is left out or moved', () => {
  const there = given([ann, weekly])
  there.when(ann, change('2027-03-16T10:00', { cancelled: true })).refused(ErrorReason.BAD_SCHEDULE, 'occurrence')
  there.when(ann, change('2027-03-15T10:00', { startsAt: 'soon' })).refused(ErrorReason.BAD_SCHEDULE, 'starts_at')
  there.when(ann, change('2027-03-15T10:00')).yields()
  there.when(ann, change('2027-03-15T10:00', { startsAt: '2027-03-16T11:00' })).yields('occurrenceChanged')
})

test('one that is left out comes back by the terms', () => {
  const out = given([ann, weekly], [ann, change('2027-03-15T10:00', { cancelled: true })])
  out.when(ann, change('2027-03-15T10:00', { cancelled: true, startsAt: '2027-03-16T11:00' })).yields()
  out.when(ann, change('2027-03-15T10:00')).yields('occurrenceChanged')
})

test('answers stay with a new title, and are asked for again with a new time; every change is counted', () => {
  const answered = [
    [ann, weekly],
    [bob, answer(Attendance.YES)],
  ] as const
  given(...answered)
    .when(bob, answer(Attendance.YES))
    .yields()
  const renamed = given(...answered, [ann, reschedule({ title: 'Стендап', recurrence: WEEKLY })]).state
  expect([renamed?.answers.get('bob'), renamed?.sequence]).toEqual([Attendance.YES, 1])
  const moved = given(...answered, [ann, reschedule({ startsAt: '2027-03-08T11:00', recurrence: WEEKLY })]).state
  expect([moved?.answers.size, moved?.sequence]).toEqual([0, 1])
})

test('the same terms change nothing, unless they take back a change of one occurrence', () => {
  const same = reschedule({ recurrence: WEEKLY })
  given([ann, weekly]).when(ann, same).yields()
  given([ann, weekly], [ann, change('2027-03-15T10:00', { cancelled: true })])
    .when(ann, same)
    .yields('callRescheduled')
})

test('a repeat says the same, in whatever form', () => {
  const terms = { title: ' Планёрка ', recurrence: recurrenceOf({ frequency: Frequency.WEEKLY, count: 6 }) }
  expect(eventOf(schedule(terms), 'ann')).toEqual(eventOf(weekly, 'ann'))
  expect(eventOf(schedule({ ...terms, durationMin: 45 }), 'ann')).not.toEqual(eventOf(weekly, 'ann'))
})
