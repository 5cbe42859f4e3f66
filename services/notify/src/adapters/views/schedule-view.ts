import type { SqliteView } from '@beseda/event-log'
import { type Attendance, CallTermsSchema } from '@beseda/proto/call/v1/events'
import {
  applyScheduleChange,
  type LocalTime,
  type OccurrenceChange,
  type Schedule,
  type ScheduleChange,
  type ScheduleEvent,
  scheduleChangesOf,
  WallClockRule,
} from '@beseda/rules/schedule'
import { fromBinary, toBinary } from '@bufbuild/protobuf'

/**
 * Scheduled calls. `changes`, `answers`: JSON. `occurrence` has the wall times at which calls start: which instants these are is computed
 * when it is asked, by the zones that are known then (ADR 112). `last`: the last of them; empty: all are left out.
 */
export const SCHEDULE_SCHEMA = `
  CREATE TABLE schedule (
    group_id TEXT NOT NULL, schedule_id TEXT NOT NULL, organizer_id TEXT NOT NULL, terms BLOB NOT NULL, sequence INTEGER NOT NULL,
    changes TEXT NOT NULL, answers TEXT NOT NULL, last TEXT NOT NULL, PRIMARY KEY (group_id, schedule_id)
  ) WITHOUT ROWID;
  CREATE TABLE occurrence (
    group_id TEXT NOT NULL, schedule_id TEXT NOT NULL, time_zone TEXT NOT NULL, local TEXT NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY (group_id, schedule_id, name)
  ) WITHOUT ROWID;
  CREATE INDEX occurrence_time ON occurrence (time_zone, local);
`

export function applyScheduleEvent(view: SqliteView, groupId: string, event: ScheduleEvent): void {
  for (const change of scheduleChangesOf(event)) apply(view, groupId, change)
}

/** The group was deleted. */
export function dropSchedules(view: SqliteView, groupId: string): void {
  view.run('DELETE FROM schedule WHERE group_id = ?', groupId)
  view.run('DELETE FROM occurrence WHERE group_id = ?', groupId)
}

function apply(view: SqliteView, groupId: string, change: ScheduleChange): void {
  const { scheduleId } = change
  const before = loadSchedule(view, groupId, scheduleId)
  const after = applyScheduleChange(before, change)
  if (after === before) return
  // A change of one of them is a row, not a rule that is applied again: there may be many such changes.
  if (after && change.type === 'occurrence') {
    applyToOccurrence(view, groupId, scheduleId, after, change.occurrence)
    return
  }
  if (change.type !== 'answered') {
    view.run('DELETE FROM occurrence WHERE group_id = ? AND schedule_id = ?', groupId, scheduleId)
  }
  if (!after) {
    view.run('DELETE FROM schedule WHERE group_id = ? AND schedule_id = ?', groupId, scheduleId)
    return
  }
  const { organizerId, terms, sequence, changes, answers } = after
  if (change.type === 'answered') {
    const sql = 'UPDATE schedule SET answers = ? WHERE group_id = ? AND schedule_id = ?'
    view.run(sql, JSON.stringify([...answers]), groupId, scheduleId)
    return
  }
  const starts = startsOf(after)
  const last = [...starts.values()].reduce((latest, local) => (local > latest ? local : latest), '')
  view.run(
    'INSERT OR REPLACE INTO schedule VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
    ...[groupId, scheduleId, organizerId, toBinary(CallTermsSchema, terms), sequence],
    ...[JSON.stringify([...changes]), JSON.stringify([...answers]), last],
  )
  const sql = 'INSERT INTO occurrence VALUES (?, ?, ?, ?, ?)'
  for (const [name, local] of starts) view.run(sql, groupId, scheduleId, terms.timeZone, local, name)
}

function applyToOccurrence(
  view: SqliteView,
  groupId: string,
  scheduleId: string,
  { terms, sequence, changes }: NonNullable<Schedule>,
  name: LocalTime,
): void {
  const [key, change] = [[groupId, scheduleId] as const, changes.get(name)]
  view.run('DELETE FROM occurrence WHERE group_id = ? AND schedule_id = ? AND name = ?', ...key, name)
  if (!change?.cancelled) {
    view.run('INSERT INTO occurrence VALUES (?, ?, ?, ?, ?)', ...key, terms.timeZone, change?.startsAt || name, name)
  }
  const last = "COALESCE((SELECT MAX(local) FROM occurrence WHERE group_id = ? AND schedule_id = ?), '')"
  const sql = `UPDATE schedule SET changes = ?, sequence = ?, last = ${last} WHERE group_id = ? AND schedule_id = ?`
  view.run(sql, JSON.stringify([...changes]), sequence, ...key, ...key)
}

/** Names of calls that are not left out, and at what time they start. */
function startsOf({ terms, changes }: NonNullable<Schedule>): ReadonlyMap<LocalTime, LocalTime> {
  const names = new Set([...new WallClockRule(terms.startsAt, terms.recurrence).all(), ...changes.keys()])
  return new Map(
    [...names].flatMap((name): [LocalTime, LocalTime][] => {
      const change = changes.get(name)
      return change?.cancelled ? [] : [[name, change?.startsAt || name]]
    }),
  )
}

interface ScheduleRow {
  readonly organizer_id: string
  readonly terms: Uint8Array
  readonly sequence: number
  readonly changes: string
  readonly answers: string
}

export function loadSchedule(view: SqliteView, groupId: string, scheduleId: string): Schedule {
  const sql = 'SELECT * FROM schedule WHERE group_id = ? AND schedule_id = ?'
  const row = view.get<ScheduleRow>(sql, groupId, scheduleId)
  if (!row) return undefined
  return {
    organizerId: row.organizer_id,
    terms: fromBinary(CallTermsSchema, row.terms),
    sequence: row.sequence,
    changes: new Map(JSON.parse(row.changes) as [LocalTime, OccurrenceChange][]),
    answers: new Map(JSON.parse(row.answers) as [string, Attendance][]),
  }
}
