import { type CallTerms, CallTermsSchema, Frequency, type Recurrence } from '@beseda/proto/call/v1/events'
import { cleanName, isTimeZone } from '@beseda/rules'
import {
  instantOf,
  type LocalTime,
  MOST_OCCURRENCES,
  minutes,
  refuse,
  requireLocalDate,
  requireLocalTime,
  WallClockRule,
} from '@beseda/rules/schedule'
import { create } from '@bufbuild/protobuf'
import { Temporal } from 'temporal-polyfill'

/** How far ahead a call may be, from today to the first, and from the first to the last. Longer: rules of time zones that nobody knows yet. */
export const MOST_YEARS = 5

/** The terms in one form. Errors: BAD_SCHEDULE, BAD_TEXT, INVALID_REQUEST for an empty title. */
export function tidyTerms(terms: CallTerms): CallTerms {
  const { title, startsAt, timeZone, durationMin, recurrence, video } = terms
  // Offsets are no places: what the clock there shows next year, nobody has said.
  if (!/^[A-Za-z]/.test(timeZone) || !isTimeZone(timeZone)) refuse('time_zone')
  const tidy = create(CallTermsSchema, {
    title: cleanName('title', title),
    startsAt: requireLocalTime('starts_at', startsAt),
    timeZone,
    durationMin,
    video,
  })
  return recurrence ? { ...tidy, recurrence: tidyRecurrence(recurrence) } : tidy
}

function tidyRecurrence(recurrence: Recurrence): Recurrence {
  const { frequency, weekdays, nth, count, until } = recurrence
  const days = weekdays.length
  const fits =
    (frequency === Frequency.WEEKLY && nth === 0) ||
    (frequency === Frequency.MONTHLY && (nth === 0 ? days === 0 : days === 1)) ||
    (days === 0 && nth === 0)
  if (frequency === Frequency.UNSPECIFIED || !fits) refuse('recurrence')
  if (count > 0 === (until !== '')) refuse('recurrence')
  if (until !== '') requireLocalDate('recurrence', until)
  return { ...recurrence, weekdays: weekdays.toSorted((a, b) => a - b), interval: Math.max(1, recurrence.interval) }
}

/**
 * The calls are neither too many nor too far ahead, and not all over. Those by the rule only: a change of one of them is checked by itself.
 * Errors: BAD_SCHEDULE.
 */
export function requireAhead({ startsAt, timeZone, durationMin, recurrence }: CallTerms, now: number): void {
  const starts = startsBy(startsAt, recurrence)
  if (starts[0] !== startsAt) refuse('recurrence')
  const last = starts.at(-1) ?? startsAt
  if (starts.length > MOST_OCCURRENCES || last > yearsAfter(startsAt)) refuse('recurrence')
  requireNear('starts_at', startsAt, timeZone, now)
  if (instantOf(last, timeZone) + minutes(durationMin) <= now) refuse('starts_at')
}

function startsBy(startsAt: LocalTime, recurrence: Recurrence | undefined): readonly LocalTime[] {
  try {
    return new WallClockRule(startsAt, recurrence).all()
  } catch (error) {
    // It leaves the years that a calendar has.
    if (error instanceof RangeError) return refuse('recurrence')
    throw error
  }
}

/** Errors: BAD_SCHEDULE for a time that is too far ahead of `now` (Unix ms). */
export function requireNear(field: string, local: LocalTime, timeZone: string, now: number): void {
  const limit = Temporal.Instant.fromEpochMilliseconds(now).toZonedDateTimeISO(timeZone).add({ years: MOST_YEARS })
  if (instantOf(local, timeZone) > limit.epochMilliseconds) refuse(field)
}

const yearsAfter = (local: LocalTime): LocalTime =>
  Temporal.PlainDateTime.from(local).add({ years: MOST_YEARS }).toString().slice(0, 16)
