import { type Attendance, type CallTerms, CallTermsSchema } from '@beseda/proto/call/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { equals } from '@bufbuild/protobuf'
import type { LocalTime } from './local-time.js'

/** What became of one occurrence. */
export interface OccurrenceChange {
  readonly cancelled: boolean
  /** Empty: as by the terms. */
  readonly startsAt: LocalTime
  /** 0: as by the terms. */
  readonly durationMin: number
}

/** A scheduled call; undefined: none, or called off. */
export type Schedule =
  | {
      readonly organizerId: string
      readonly terms: CallTerms
      /** Number of changes, as calendars count them (RFC 5545, SEQUENCE). */
      readonly sequence: number
      readonly changes: ReadonlyMap<LocalTime, OccurrenceChange>
      /** By person. */
      readonly answers: ReadonlyMap<string, Attendance>
    }
  | undefined

/** What one event changes of a schedule; the fold and the view both apply it. */
export type ScheduleChange = { readonly scheduleId: string } & (
  | { readonly type: 'scheduled'; readonly organizerId: string; readonly terms: CallTerms }
  | { readonly type: 'rescheduled'; readonly terms: CallTerms }
  | { readonly type: 'unscheduled' }
  | { readonly type: 'occurrence'; readonly occurrence: LocalTime; readonly change: OccurrenceChange }
  | { readonly type: 'answered'; readonly userId: string; readonly attendance: Attendance }
)

export type ScheduleEvent = Pick<Event, 'body' | 'actorId'>

export function scheduleChangesOf({ body, actorId }: ScheduleEvent): readonly ScheduleChange[] {
  switch (body.case) {
    case 'callScheduled': {
      const { scheduleId, terms } = body.value
      return terms ? [{ type: 'scheduled', scheduleId, organizerId: actorId, terms }] : []
    }
    case 'callRescheduled': {
      const { scheduleId, terms } = body.value
      return terms ? [{ type: 'rescheduled', scheduleId, terms }] : []
    }
    case 'callUnscheduled':
      return [{ type: 'unscheduled', scheduleId: body.value.scheduleId }]
    case 'occurrenceChanged': {
      const { scheduleId, occurrence, cancelled, startsAt, durationMin } = body.value
      return [{ type: 'occurrence', scheduleId, occurrence, change: { cancelled, startsAt, durationMin } }]
    }
    case 'attendanceAnswered': {
      const { scheduleId, userId, attendance } = body.value
      return [{ type: 'answered', scheduleId, userId, attendance }]
    }
    default:
      return []
  }
}

export function applyScheduleChange(schedule: Schedule, change: ScheduleChange): Schedule {
  if (change.type === 'scheduled') {
    const { organizerId, terms } = change
    return schedule ?? { organizerId, terms, sequence: 0, changes: new Map(), answers: new Map() }
  }
  if (!schedule || change.type === 'unscheduled') return undefined
  const sequence = schedule.sequence + 1
  switch (change.type) {
    case 'rescheduled': {
      const answers = sameTimes(schedule.terms, change.terms) ? schedule.answers : new Map()
      return { ...schedule, terms: change.terms, sequence, changes: new Map(), answers }
    }
    case 'occurrence':
      return { ...schedule, sequence, changes: new Map(schedule.changes).set(change.occurrence, change.change) }
    case 'answered':
      return { ...schedule, answers: new Map(schedule.answers).set(change.userId, change.attendance) }
  }
}

/** Whether the calls are at the same times, so that answers to the one are answers to the other. */
const sameTimes = (one: CallTerms, other: CallTerms): boolean =>
  equals(CallTermsSchema, { ...one, title: '', video: false }, { ...other, title: '', video: false })
