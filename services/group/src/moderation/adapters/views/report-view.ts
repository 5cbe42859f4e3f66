import type { SqliteView } from '@beseda/event-log'
import { type ReportChanged, ReportChangedSchema } from '@beseda/proto/moderation/v1/events'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { remainder } from '../../domain/report.js'

/** What was reported to the administrators. Part of the group service's view. `due`: the log has words that must go. */
export const REPORTS_SCHEMA = `
  CREATE TABLE report (
    group_id TEXT NOT NULL, message_id TEXT NOT NULL, user_id TEXT NOT NULL, reported_at INTEGER NOT NULL, outcome INTEGER NOT NULL,
    closed_by TEXT NOT NULL, body BLOB NOT NULL, gone INTEGER NOT NULL, due INTEGER NOT NULL, stored_seq INTEGER NOT NULL,
    PRIMARY KEY (group_id, message_id, user_id)
  ) WITHOUT ROWID;
  CREATE INDEX report_time ON report (reported_at, message_id, user_id) WHERE gone = 0;
  CREATE INDEX report_user ON report (user_id);
  CREATE INDEX report_closer ON report (closed_by) WHERE closed_by <> '';
  CREATE INDEX report_due ON report (due) WHERE due = 1;
`

export interface ReportRow {
  readonly group_id: string
  readonly message_id: string
  /** Who reported it. */
  readonly user_id: string
  /** Unix ms. */
  readonly reported_at: number
  /** ReportChanged, without what must go. */
  readonly body: Uint8Array
  readonly stored_seq: number
}

export const bodyOf = ({ body }: ReportRow): ReportChanged => fromBinary(ReportChangedSchema, body)

export const reportOf = (view: SqliteView, groupId: string, messageId: string, userId: string) =>
  view.get<ReportRow>(
    'SELECT * FROM report WHERE group_id = ? AND message_id = ? AND user_id = ?',
    groupId,
    messageId,
    userId,
  )

export const reportsOfMessage = (view: SqliteView, groupId: string, messageId: string) =>
  view.all<ReportRow>('SELECT * FROM report WHERE group_id = ? AND message_id = ? AND gone = 0', groupId, messageId)

export const dueReports = (view: SqliteView, limit: number) =>
  view.all<ReportRow>('SELECT * FROM report WHERE due = 1 LIMIT ?', limit)

export const openReports = (view: SqliteView): number =>
  view.get<{ n: number }>('SELECT COUNT(*) AS n FROM report WHERE gone = 0 AND outcome = 0')?.n ?? 0

/** Where a page of reports begins: after this one. */
export interface ReportPlace {
  readonly at: number
  readonly messageId: string
  readonly userId: string
}

/** Newest first. */
export const reportsAfter = (
  view: SqliteView,
  closed: boolean,
  { at, messageId, userId }: ReportPlace,
  limit: number,
) =>
  view.all<ReportRow>(
    `SELECT * FROM report WHERE gone = 0 AND (outcome <> 0) = ? AND (reported_at, message_id, user_id) < (?, ?, ?)
     ORDER BY reported_at DESC, message_id DESC, user_id DESC LIMIT ?`,
    Number(closed),
    at,
    messageId,
    userId,
    limit,
  )

/** The newest state of a report, as far as it may still be kept: streams are folded in no fixed order. */
export function applyReport(
  view: SqliteView,
  { groupId, userId }: { readonly groupId: string; readonly userId: string },
  storedSeq: number,
  event: ReportChanged,
): void {
  const { messageId } = event
  const kept = remainder(event, {
    message: isMessageGone(view, groupId, messageId),
    reporter: isGroupGone(view, groupId) || isPersonGone(view, userId),
    closer: isPersonGone(view, event.closedBy),
  })
  view.run(
    'INSERT OR REPLACE INTO report VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    groupId,
    messageId,
    userId,
    kept.reportedAt ? timestampMs(kept.reportedAt) : 0,
    kept.outcome,
    kept.closedBy,
    toBinary(ReportChangedSchema, kept),
    Number(kept.gone),
    Number(kept !== event),
    storedSeq,
  )
}

export const forgetReportsOfMessage = (view: SqliteView, groupId: string, messageId: string): void =>
  again(view, reportsOfMessage(view, groupId, messageId))

export const forgetReportsOfGroup = (view: SqliteView, groupId: string): void =>
  again(view, view.all<ReportRow>('SELECT * FROM report WHERE group_id = ? AND gone = 0', groupId))

/** Of and by them. */
export function forgetReportsOfPerson(view: SqliteView, userId: string): void {
  again(view, view.all<ReportRow>('SELECT * FROM report WHERE user_id = ? AND gone = 0', userId))
  again(view, view.all<ReportRow>("SELECT * FROM report WHERE closed_by = ? AND closed_by <> ''", userId))
}

/** Something has gone: what is kept is looked at anew. What has to be written once is due until it is. */
function again(view: SqliteView, rows: readonly ReportRow[]): void {
  for (const row of rows) {
    const { group_id: groupId, message_id: messageId, user_id: userId, stored_seq } = row
    const before = view.get<{ due: number }>(
      'SELECT due FROM report WHERE group_id = ? AND message_id = ? AND user_id = ?',
      groupId,
      messageId,
      userId,
    )?.due
    applyReport(view, { groupId, userId }, stored_seq, bodyOf(row))
    if (before === 1) {
      view.run(
        'UPDATE report SET due = 1 WHERE group_id = ? AND message_id = ? AND user_id = ?',
        groupId,
        messageId,
        userId,
      )
    }
  }
}

const isMessageGone = (view: SqliteView, groupId: string, messageId: string): boolean =>
  view.get<{ deleted: number }>('SELECT deleted FROM message WHERE group_id = ? AND id = ?', groupId, messageId)
    ?.deleted === 1 ||
  view.get('SELECT 1 FROM deletion WHERE group_id = ? AND message_id = ?', groupId, messageId) !== undefined

/** One that is not known yet may still come: this stream is read beside the one that has it. */
const isGroupGone = (view: SqliteView, groupId: string): boolean =>
  view.get<{ deleted: number }>('SELECT deleted FROM grp WHERE id = ?', groupId)?.deleted === 1

const isPersonGone = (view: SqliteView, userId: string): boolean =>
  view.get('SELECT 1 FROM gone WHERE user_id = ?', userId) !== undefined
