import type { SqliteView } from '@beseda/event-log'
import type { Placed } from '../../../view/placed.js'
import { type CallChange, type CallRecord, callChangesOf } from '../../domain/call-record.js'

/** One row for each call. `missed`, `recorded_by`: ids of people, separated by spaces. */
export const CALLS_SCHEMA = `
  CREATE TABLE call_record (
    group_id TEXT NOT NULL, call_id TEXT NOT NULL, seq INTEGER NOT NULL, started_at INTEGER NOT NULL, caller_id TEXT NOT NULL, video INTEGER NOT NULL,
    ended_at INTEGER NOT NULL DEFAULT 0, reason INTEGER NOT NULL DEFAULT 0, duration_s INTEGER NOT NULL DEFAULT 0, missed TEXT NOT NULL DEFAULT '',
    recorded_by TEXT NOT NULL DEFAULT '', room INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (group_id, call_id)
  ) WITHOUT ROWID;
  CREATE INDEX call_record_place ON call_record (group_id, seq);
`

export interface CallRow {
  readonly seq: number
  readonly call_id: string
  readonly started_at: number
  readonly caller_id: string
  readonly video: number
  readonly ended_at: number
  readonly reason: number
  readonly duration_s: number
  readonly missed: string
  readonly recorded_by: string
  readonly room: number
}

export function applyCallEvent(view: SqliteView, { groupId, seq, at, event: { body } }: Placed): void {
  for (const change of callChangesOf({ seq, at, body })) apply(view, groupId, change)
}

function apply(view: SqliteView, groupId: string, change: CallChange): void {
  const { callId } = change
  switch (change.type) {
    case 'started': {
      const { seq, startedAt, callerId, video } = change
      view.run(
        'INSERT OR IGNORE INTO call_record (group_id, call_id, seq, started_at, caller_id, video) VALUES (?, ?, ?, ?, ?, ?)',
        ...[groupId, callId, seq, startedAt, callerId, Number(video)],
      )
      break
    }
    case 'missed': {
      const sql = "UPDATE call_record SET missed = TRIM(missed || ' ' || ?) WHERE group_id = ? AND call_id = ?"
      view.run(sql, change.userIds.join(' '), groupId, callId)
      break
    }
    case 'recorded': {
      if (change.room)
        view.run(
          'INSERT OR IGNORE INTO call_record (group_id, call_id, seq, started_at, caller_id, video, room) VALUES (?, ?, ?, ?, ?, 0, 1)',
          ...[groupId, callId, change.seq, change.at, change.userId],
        )
      const sql = `UPDATE call_record SET recorded_by = TRIM(recorded_by || ' ' || ?)
        WHERE group_id = ? AND call_id = ? AND instr(' ' || recorded_by || ' ', ' ' || ? || ' ') = 0`
      view.run(sql, change.userId, groupId, callId, change.userId)
      break
    }
    case 'ended': {
      const sql = 'UPDATE call_record SET ended_at = ?, reason = ?, duration_s = ? WHERE group_id = ? AND call_id = ?'
      view.run(sql, change.endedAt, change.reason, change.durationS, groupId, callId)
    }
  }
}

export function loadCall(view: SqliteView, groupId: string, callId: string): CallRecord {
  const sql = 'SELECT * FROM call_record WHERE group_id = ? AND call_id = ?'
  const row = view.get<CallRow>(sql, groupId, callId)
  return row && callRecord(row)
}

export const callRecord = (row: CallRow): NonNullable<CallRecord> => ({
  callId: row.call_id,
  seq: row.seq,
  startedAt: row.started_at,
  callerId: row.caller_id,
  video: row.video === 1,
  room: row.room === 1,
  endedAt: row.ended_at,
  reason: row.reason,
  durationS: row.duration_s,
  missedUserIds: idsIn(row.missed),
  recordedByUserIds: idsIn(row.recorded_by),
})

const idsIn = (text: string): string[] => text.split(' ').filter((id) => id !== '')
