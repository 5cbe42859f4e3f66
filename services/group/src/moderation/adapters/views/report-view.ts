import type { SqliteView } from '@beseda/event-log'
import { type ReportChanged, ReportChangedSchema } from '@beseda/proto/moderation/v1/events'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { ReportKey } from '../../application/ports.js'
import { applyReportChange } from '../../domain/report.js'

/** Reports of messages. `due`: the log has words that may not be kept. */
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
  /** The reporter. */
  readonly user_id: string
  /** ReportChanged, without what may not be kept. */
  readonly body: Uint8Array
  readonly due: number
  readonly stored_seq: number
}

export const reportIn = ({ body }: ReportRow): ReportChanged => fromBinary(ReportChangedSchema, body)

export const keyOf = ({ group_id, message_id, user_id }: ReportRow): ReportKey => ({
  groupId: group_id,
  messageId: message_id,
  reporterId: user_id,
})

/** The newest state of a report, as far as it may be kept: streams are folded in no fixed order. */
export function applyReport(view: SqliteView, key: ReportKey, storedSeq: number, report: ReportChanged): void {
  const kept = keepable(view, key, report)
  store(view, key, kept, kept !== report, storedSeq)
}

export const forgetReportsOfMessage = (view: SqliteView, groupId: string, messageId: string): void =>
  reconsider(view, 'group_id = ? AND message_id = ? AND gone = 0', groupId, messageId)

export const forgetReportsOfGroup = (view: SqliteView, groupId: string): void =>
  reconsider(view, 'group_id = ? AND gone = 0', groupId)

/** Reports that the person made, and those that they closed. */
export function forgetReportsOfPerson(view: SqliteView, userId: string): void {
  reconsider(view, 'user_id = ? AND gone = 0', userId)
  reconsider(view, "closed_by = ? AND closed_by <> ''", userId)
}

/** Something has been deleted: decides anew what may be kept. A report that has to be written again is due until that is done. */
function reconsider(view: SqliteView, where: string, ...values: string[]): void {
  for (const row of view.all<ReportRow>(`SELECT * FROM report WHERE ${where}`, ...values)) {
    const [key, report] = [keyOf(row), reportIn(row)]
    const kept = keepable(view, key, report)
    store(view, key, kept, row.due === 1 || kept !== report, row.stored_seq)
  }
}

const keepable = (view: SqliteView, { groupId, messageId, reporterId }: ReportKey, report: ReportChanged) =>
  applyReportChange(report, {
    message: isMessageGone(view, groupId, messageId),
    reporter: isGroupGone(view, groupId) || isPersonGone(view, reporterId),
    closer: isPersonGone(view, report.closedBy),
  })

function store(view: SqliteView, key: ReportKey, report: ReportChanged, due: boolean, storedSeq: number): void {
  const { groupId, messageId, reporterId } = key
  const { reportedAt, outcome, closedBy, gone } = report
  view.run(
    'INSERT OR REPLACE INTO report VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    ...[groupId, messageId, reporterId, reportedAt ? timestampMs(reportedAt) : 0, outcome, closedBy],
    ...[toBinary(ReportChangedSchema, report), Number(gone), Number(due), storedSeq],
  )
}

const isMessageGone = (view: SqliteView, groupId: string, messageId: string): boolean =>
  view.get<{ deleted: number }>('SELECT deleted FROM message WHERE group_id = ? AND id = ?', groupId, messageId)
    ?.deleted === 1 ||
  view.get('SELECT 1 FROM deletion WHERE group_id = ? AND message_id = ?', groupId, messageId) !== undefined

/** A group that is not known yet may still come: this stream is read beside the one that has it. */
const isGroupGone = (view: SqliteView, groupId: string): boolean =>
  view.get<{ deleted: number }>('SELECT deleted FROM grp WHERE id = ?', groupId)?.deleted === 1

const isPersonGone = (view: SqliteView, userId: string): boolean =>
  view.get('SELECT 1 FROM gone WHERE user_id = ?', userId) !== undefined
