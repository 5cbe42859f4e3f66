import type { SqliteView } from '@beseda/event-log'
import { type CallRecord, CallRecordSchema } from '@beseda/proto/history/v1/history_service'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { Placed } from '../../../view/history-view.js'

interface Row {
  readonly seq: number
  readonly call_id: string
  readonly started_at: number
  readonly caller_id: string
  readonly video: number
  readonly ended_at: number
  readonly reason: number
  readonly duration_s: number
  /** Ids of people, with a space between. */
  readonly missed: string
}

/** One row a call, from its events. */
export function applyCallEvent(view: SqliteView, { groupId, seq, at, event: { body } }: Placed): void {
  switch (body.case) {
    case 'callStarted': {
      const { callId, callerId, video } = body.value
      view.run(
        'INSERT OR IGNORE INTO call_record (group_id, seq, call_id, started_at, caller_id, video) VALUES (?, ?, ?, ?, ?, ?)',
        groupId,
        seq,
        callId,
        at,
        callerId,
        video ? 1 : 0,
      )
      break
    }
    case 'callMissed':
      view.run(
        "UPDATE call_record SET missed = TRIM(missed || ' ' || ?) WHERE group_id = ? AND call_id = ?",
        body.value.userIds.join(' '),
        groupId,
        body.value.callId,
      )
      break
    case 'callEnded': {
      const { callId, reason, durationS } = body.value
      view.run(
        'UPDATE call_record SET ended_at = ?, reason = ?, duration_s = ? WHERE group_id = ? AND call_id = ?',
        at,
        reason,
        durationS,
        groupId,
        callId,
      )
      break
    }
    default:
  }
}

/** Newest first; none up to the sequence `hiddenBefore`, which is not for newcomers. */
export function callPage(view: SqliteView, groupId: string, hiddenBefore: number, beforeSeq: number, limit: number) {
  const rows = view.all<Row>(
    'SELECT * FROM call_record WHERE group_id = ? AND seq < ? AND seq > ? ORDER BY seq DESC LIMIT ?',
    groupId,
    beforeSeq || Number.MAX_SAFE_INTEGER,
    hiddenBefore,
    limit + 1,
  )
  return { calls: rows.slice(0, limit).map(recordOf), hasMore: rows.length > limit }
}

const recordOf = (row: Row): CallRecord =>
  create(CallRecordSchema, {
    callId: row.call_id,
    seq: BigInt(row.seq),
    startedAt: timestampFromMs(row.started_at),
    callerId: row.caller_id,
    video: row.video === 1,
    ...(row.ended_at > 0 ? { endedAt: timestampFromMs(row.ended_at) } : {}),
    reason: row.reason,
    durationS: row.duration_s,
    missedUserIds: row.missed.split(' ').filter((id) => id !== ''),
  })
