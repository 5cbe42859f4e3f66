import type { SqliteView } from '@beseda/event-log'
import { CalendarKeptSchema } from '@beseda/proto/notify/v1/events'
import { toBinary } from '@bufbuild/protobuf'
import { eventOf, type KeptCalendar } from '../../domain/calendar/calendar.js'

/** Later than any time: what is not tried again. */
export const NEVER = Number.MAX_SAFE_INTEGER

/**
 * Calendars that people have connected, and which calls are in them. `connected`: 0, and the row stays for its sequence. `retry_at`: 0: nothing
 * has failed.
 */
export const CALENDAR_SCHEMA = `
  CREATE TABLE calendar (
    user_id TEXT PRIMARY KEY, event BLOB NOT NULL, connected INTEGER NOT NULL, ending INTEGER NOT NULL, titles INTEGER NOT NULL,
    retry_at INTEGER NOT NULL, seq INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE calendar_entry (
    user_id TEXT NOT NULL, schedule_id TEXT NOT NULL, group_id TEXT NOT NULL, sequence INTEGER NOT NULL, titled INTEGER NOT NULL,
    ends_at INTEGER NOT NULL, PRIMARY KEY (user_id, schedule_id)
  ) WITHOUT ROWID;
  CREATE TABLE calendar_refused (
    user_id TEXT NOT NULL, schedule_id TEXT NOT NULL, removing INTEGER NOT NULL, sequence INTEGER NOT NULL, retry_at INTEGER NOT NULL,
    PRIMARY KEY (user_id, schedule_id, removing)
  ) WITHOUT ROWID;
  CREATE INDEX calendar_connected ON calendar (user_id) WHERE connected = 1;
`

export function applyCalendar(view: SqliteView, userId: string, kept: KeptCalendar, seq: number): void {
  const { connection, entries, ending, failure, refused } = kept
  const body = eventOf(kept)
  if (body.case !== 'calendarKept') return
  const retryAt = failure ? (failure.retryAt ?? NEVER) : 0
  const flags = [connection !== undefined, ending, connection?.titles === true].map(Number)
  const values = [userId, toBinary(CalendarKeptSchema, body.value), ...flags, retryAt, seq]
  view.run('INSERT OR REPLACE INTO calendar VALUES (?, ?, ?, ?, ?, ?, ?)', ...values)
  view.run('DELETE FROM calendar_entry WHERE user_id = ?', userId)
  for (const { scheduleId, groupId, sequence, titled, endsAt } of entries) {
    const entry = [userId, scheduleId, groupId, sequence, Number(titled), endsAt]
    view.run('INSERT OR REPLACE INTO calendar_entry VALUES (?, ?, ?, ?, ?, ?)', ...entry)
  }
  view.run('DELETE FROM calendar_refused WHERE user_id = ?', userId)
  for (const { scheduleId, removing, sequence, failure: why } of refused) {
    const one = [userId, scheduleId, Number(removing), sequence, why.retryAt ?? NEVER]
    view.run('INSERT OR REPLACE INTO calendar_refused VALUES (?, ?, ?, ?, ?)', ...one)
  }
}
