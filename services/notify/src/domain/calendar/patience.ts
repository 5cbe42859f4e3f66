import { CalendarFailure } from '@beseda/proto/notify/v1/calendar_service'

const MINUTE_MS = 60_000
const WAITS_MS = [1, 5, 20, 60, 180, 360].map((minutes) => minutes * MINUTE_MS)
/** Then every six hours. Longer: calls come late into a calendar whose server was away; shorter: one that is gone is asked for nothing. */
const LAST_WAIT_MS = 6 * 60 * MINUTE_MS
/** A week. */
const MOST_ATTEMPTS = 30
/** Of what only the person can change. More: a server may lock an account whose password is wrong; fewer: one that restarts loses its people. */
const MOST_REFUSED = 5
const REFUSED: ReadonlySet<CalendarFailure> = new Set([
  CalendarFailure.CREDENTIALS,
  CalendarFailure.FORBIDDEN,
  CalendarFailure.NOT_FOUND,
  CalendarFailure.INSECURE,
])

/** When a calendar is tried again after so many failures in a row (Unix ms); undefined: not any more, until it is connected again. */
export function retryAt(reason: CalendarFailure, attempts: number, now: number): number | undefined {
  if (attempts >= (REFUSED.has(reason) ? MOST_REFUSED : MOST_ATTEMPTS)) return undefined
  return now + (WAITS_MS[attempts - 1] ?? LAST_WAIT_MS)
}
