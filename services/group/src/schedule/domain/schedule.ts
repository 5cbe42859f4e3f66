import { type Decider, Refusal } from '@beseda/kernel'
import {
  type Attendance,
  AttendanceAnsweredSchema,
  CallRescheduledSchema,
  CallScheduledSchema,
  type CallTerms,
  CallTermsSchema,
  CallUnscheduledSchema,
  OccurrenceChangedSchema,
} from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import type { Event } from '@beseda/proto/log/v1/commit'
import { type PermissionScope, permit, requireRoom, type Standing } from '@beseda/rules'
import {
  AS_BY_TERMS,
  applyScheduleChange,
  endOf,
  type OccurrenceChange,
  refuse,
  requireLocalTime,
  type Schedule,
  type ScheduleEvent,
  scheduleChangesOf,
  WallClockRule,
} from '@beseda/rules/schedule'
import { create, equals } from '@bufbuild/protobuf'
import { requireAhead, requireNear, tidyTerms } from './terms.js'

type EventBody = Event['body']

/** What is wanted; the same for every repeat of the command. */
export type ScheduleCommand = { readonly scheduleId: string } & (
  | { readonly type: 'Schedule'; readonly terms: CallTerms }
  | { readonly type: 'Reschedule'; readonly terms: CallTerms }
  | { readonly type: 'Unschedule' }
  | {
      readonly type: 'ChangeOccurrence'
      readonly occurrence: string
      readonly cancelled: boolean
      /** Empty: as by the terms. */
      readonly startsAt: string
      /** 0: as by the terms. */
      readonly durationMin: number
    }
  | { readonly type: 'Answer'; readonly attendance: Attendance }
)

/** A member who gives a command, and what the group is like at that place in the log. */
export interface ByMember {
  readonly userId: string
  readonly standing: Standing
  readonly scope: PermissionScope & { readonly archived: boolean }
  /** Unix ms. */
  readonly now: number
  /** How many schedules of the group are not over. */
  readonly ahead: number
}

export const scheduleDecider: Decider<Schedule, ScheduleCommand & { readonly by: ByMember }, ScheduleEvent, EventBody> =
  {
    initialState: undefined,
    evolve: (schedule, event) => scheduleChangesOf(event).reduce(applyScheduleChange, schedule),

    decide({ by, ...command }, schedule) {
      const { scope, standing, now, ahead } = by
      if (command.type === 'Schedule') {
        permit(Permission.START_CALL, scope, standing, now)
        requireOpen(by)
        if (schedule) return []
        requireAhead(tidyTerms(command.terms), now)
        requireRoom('schedules', ahead)
        return [eventOf(command, by.userId)]
      }
      if (command.type === 'Unschedule') {
        if (!schedule) return []
        if (schedule.organizerId !== by.userId) permit(Permission.MANAGE_SCHEDULE, scope, standing, now)
        return [eventOf(command, by.userId)]
      }
      if (!schedule) throw new Refusal(ErrorReason.SCHEDULE_NOT_FOUND)
      if (command.type === 'Answer') {
        requireOpen(by)
        return schedule.answers.get(by.userId) === command.attendance ? [] : [eventOf(command, by.userId)]
      }
      const own = schedule.organizerId === by.userId
      permit(own ? Permission.START_CALL : Permission.MANAGE_SCHEDULE, scope, standing, now)
      requireOpen(by)
      return command.type === 'Reschedule' ? reschedule(command, schedule, by) : changeOccurrence(command, schedule, by)
    },
  }

/** Errors: ARCHIVED. */
function requireOpen({ scope }: ByMember): void {
  if (scope.archived) throw new Refusal(ErrorReason.ARCHIVED)
}

function reschedule(
  command: Extract<ScheduleCommand, { type: 'Reschedule' }>,
  schedule: NonNullable<Schedule>,
  { userId, now, ahead }: ByMember,
): EventBody[] {
  const terms = tidyTerms(command.terms)
  if (schedule.changes.size === 0 && equals(CallTermsSchema, terms, schedule.terms)) return []
  requireAhead(terms, now)
  if (endOf(schedule) <= now) requireRoom('schedules', ahead)
  return [eventOf(command, userId)]
}

function changeOccurrence(
  command: Extract<ScheduleCommand, { type: 'ChangeOccurrence' }>,
  schedule: NonNullable<Schedule>,
  { userId, now }: ByMember,
): EventBody[] {
  const { terms, changes } = schedule
  const { occurrence } = command
  requireLocalTime('occurrence', occurrence)
  if (!new WallClockRule(terms.startsAt, terms.recurrence).isStart(occurrence)) refuse('occurrence')
  const change = changeOf(command)
  if (change.startsAt !== '') {
    requireLocalTime('starts_at', change.startsAt)
    requireNear('starts_at', change.startsAt, terms.timeZone, now)
  }
  const before = changes.get(occurrence) ?? AS_BY_TERMS
  const isSame = (['cancelled', 'startsAt', 'durationMin'] as const).every((field) => before[field] === change[field])
  return isSame ? [] : [eventOf(command, userId)]
}

/** One that is left out has no other time. */
const changeOf = ({ cancelled, startsAt, durationMin }: OccurrenceChange): OccurrenceChange =>
  cancelled ? { ...AS_BY_TERMS, cancelled } : { cancelled, startsAt, durationMin }

/**
 * What a command writes, where it writes anything: it follows from the command and its author alone, so a repeat is known by it. Errors:
 * those of {@link tidyTerms}.
 */
export function eventOf(command: ScheduleCommand, userId: string): EventBody {
  const { scheduleId } = command
  switch (command.type) {
    case 'Schedule': {
      const terms = tidyTerms(command.terms)
      return { case: 'callScheduled', value: create(CallScheduledSchema, { scheduleId, terms }) }
    }
    case 'Reschedule': {
      const terms = tidyTerms(command.terms)
      return { case: 'callRescheduled', value: create(CallRescheduledSchema, { scheduleId, terms }) }
    }
    case 'Unschedule':
      return { case: 'callUnscheduled', value: create(CallUnscheduledSchema, { scheduleId }) }
    case 'ChangeOccurrence': {
      const { occurrence } = command
      const value = create(OccurrenceChangedSchema, { scheduleId, occurrence, ...changeOf(command) })
      return { case: 'occurrenceChanged', value }
    }
    case 'Answer': {
      const { attendance } = command
      return { case: 'attendanceAnswered', value: create(AttendanceAnsweredSchema, { scheduleId, userId, attendance }) }
    }
  }
}
