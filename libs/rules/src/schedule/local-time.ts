import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Temporal } from 'temporal-polyfill'

/** `2027-03-28T10:00`: what a clock on the wall shows. */
export type LocalTime = string

const MINUTE_MS = 60_000
const LOCAL_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d$/
const LOCAL_DATE = /^\d{4}-\d\d-\d\d$/

export const refuse = (field: string): never => {
  throw new Refusal(ErrorReason.BAD_SCHEDULE, { field })
}

/** Errors: BAD_SCHEDULE for a time that is in no calendar. */
export function requireLocalTime(field: string, text: string): LocalTime {
  if (!LOCAL_TIME.test(text)) refuse(field)
  try {
    Temporal.PlainDateTime.from(text, { overflow: 'reject' })
  } catch {
    // A RangeError, which is all that it throws for a text of this form.
    refuse(field)
  }
  return text
}

/** Errors: BAD_SCHEDULE for a day that is in no calendar. */
export function requireLocalDate(field: string, text: string): string {
  if (!LOCAL_DATE.test(text)) refuse(field)
  return requireLocalTime(field, `${text}T00:00`).slice(0, 10)
}

/**
 * The instant, Unix ms. A time that the clock skips is as much later as the clock was put forward, of a time that it shows twice the first
 * counts (RFC 5545, 3.3.5).
 */
export const instantOf = (local: LocalTime, timeZone: string): number =>
  Temporal.PlainDateTime.from(local).toZonedDateTime(timeZone, { disambiguation: 'compatible' }).epochMilliseconds

/** What the clock shows then. Rounded down to a minute. */
export const localTimeAt = (ms: number, timeZone: string): LocalTime =>
  Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone).toPlainDateTime().toString().slice(0, 16)

export const minutes = (count: number): number => count * MINUTE_MS

/** How far the clock is ahead of UTC, in seconds, and until when (Unix ms); undefined: for ever. */
export function offsetAt(ms: number, timeZone: string): { offsetS: number; until: number | undefined } {
  const at = Temporal.Instant.fromEpochMilliseconds(ms).toZonedDateTimeISO(timeZone)
  const next = at.getTimeZoneTransition('next')
  return { offsetS: at.offsetNanoseconds / 1e9, until: next ? next.epochMilliseconds : undefined }
}
