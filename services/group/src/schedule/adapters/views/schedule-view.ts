import { createHash } from 'node:crypto'
import type { SqliteView } from '@beseda/event-log'
import { CallTermsSchema } from '@beseda/proto/call/v1/events'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import {
  applyScheduleChange,
  endOf,
  type OccurrenceChange,
  type Schedule,
  type ScheduleChange,
  scheduleChangesOf,
} from '@beseda/rules/schedule'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Placed } from '../../../view/placed.js'

/** `content`: of a command, a hash, so that no title outlasts its call. `changes`: JSON, by the name of the occurrence. `ends_at`: when the last call is over, Unix ms. */
export const SCHEDULE_SCHEMA = `
  CREATE TABLE schedule (
    group_id TEXT NOT NULL, schedule_id TEXT NOT NULL, organizer_id TEXT NOT NULL, terms BLOB NOT NULL, sequence INTEGER NOT NULL,
    changes TEXT NOT NULL, ends_at INTEGER NOT NULL, PRIMARY KEY (group_id, schedule_id)
  ) WITHOUT ROWID;
  CREATE INDEX schedule_end ON schedule (group_id, ends_at);
  CREATE TABLE attendance (
    group_id TEXT NOT NULL, schedule_id TEXT NOT NULL, user_id TEXT NOT NULL, answer INTEGER NOT NULL, nth INTEGER NOT NULL,
    PRIMARY KEY (group_id, schedule_id, user_id)
  ) WITHOUT ROWID;
  CREATE TABLE schedule_command (
    id TEXT PRIMARY KEY, group_id TEXT NOT NULL, seq INTEGER NOT NULL, actor_id TEXT NOT NULL, content BLOB NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX schedule_command_group ON schedule_command (group_id);
`

interface ScheduleRow {
  readonly organizer_id: string
  readonly terms: Uint8Array
  readonly sequence: number
  readonly changes: string
}

export function applyScheduleEvent(view: SqliteView, { groupId, seq, event }: Placed): void {
  const changes = scheduleChangesOf(event)
  if (changes.length === 0) return
  const sql = 'INSERT OR IGNORE INTO schedule_command VALUES (?, ?, ?, ?, ?)'
  view.run(sql, event.commandId, groupId, seq, event.actorId, contentOf(event.body))
  // An answer is nothing that other commands decide on.
  if (event.body.case !== 'attendanceAnswered') {
    view.run('UPDATE grp SET schedule_seq = ? WHERE id = ?', seq, groupId)
  }
  for (const change of changes) apply(view, groupId, change)
}

/** What is compared with a repeat of the command. */
export const contentOf = (body: Event['body']): Uint8Array =>
  createHash('sha256')
    .update(toBinary(EventSchema, create(EventSchema, { body })))
    .digest()

function apply(view: SqliteView, groupId: string, change: ScheduleChange): void {
  const { scheduleId } = change
  if (change.type === 'answered') {
    answer(view, groupId, change)
    return
  }
  const before = loadSchedule(view, groupId, scheduleId)
  const after = applyScheduleChange(before, change)
  if (after === before) return
  if (!after || after.answers.size === 0) {
    view.run('DELETE FROM attendance WHERE group_id = ? AND schedule_id = ?', groupId, scheduleId)
  }
  if (!after) {
    view.run('DELETE FROM schedule WHERE group_id = ? AND schedule_id = ?', groupId, scheduleId)
    return
  }
  const { organizerId, terms, sequence, changes } = after
  view.run(
    'INSERT OR REPLACE INTO schedule VALUES (?, ?, ?, ?, ?, ?, ?)',
    ...[groupId, scheduleId, organizerId, toBinary(CallTermsSchema, terms), sequence],
    ...[JSON.stringify([...changes]), endOf(after)],
  )
}

/** The order of answers is that in which people first gave one. */
function answer(
  view: SqliteView,
  groupId: string,
  { scheduleId, userId, attendance }: Extract<ScheduleChange, { type: 'answered' }>,
): void {
  view.runNamed(
    `INSERT INTO attendance
       SELECT group_id, schedule_id, :userId, :attendance,
         (SELECT COUNT(*) FROM attendance WHERE group_id = :groupId AND schedule_id = :scheduleId)
       FROM schedule WHERE group_id = :groupId AND schedule_id = :scheduleId
     ON CONFLICT DO UPDATE SET answer = excluded.answer`,
    { ':groupId': groupId, ':scheduleId': scheduleId, ':userId': userId, ':attendance': attendance },
  )
}

export function loadSchedule(view: SqliteView, groupId: string, scheduleId: string): Schedule {
  const sql = 'SELECT organizer_id, terms, sequence, changes FROM schedule WHERE group_id = ? AND schedule_id = ?'
  const row = view.get<ScheduleRow>(sql, groupId, scheduleId)
  if (!row) return undefined
  const answers = view.all<{ user_id: string; answer: number }>(
    'SELECT user_id, answer FROM attendance WHERE group_id = ? AND schedule_id = ? ORDER BY nth',
    ...[groupId, scheduleId],
  )
  return {
    organizerId: row.organizer_id,
    terms: fromBinary(CallTermsSchema, row.terms),
    sequence: row.sequence,
    changes: new Map(JSON.parse(row.changes) as [string, OccurrenceChange][]),
    answers: new Map(answers.map(({ user_id, answer: given }) => [user_id, given])),
  }
}
