import type { Projection } from '@beseda/event-log'
import { type ReportKey, type ReportPlace, type ReportRecord, ReportStore } from '../../application/ports.js'
import type { Report } from '../../domain/report.js'
import { keyOf, type ReportRow, reportIn } from './report-view.js'

const FIRST: ReportPlace = { at: Number.MAX_SAFE_INTEGER, messageId: '', reporterId: '' }

const recordOf = (row: ReportRow): ReportRecord => ({ ...keyOf(row), report: reportIn(row) })

export class SqliteReportStore extends ReportStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  load({ groupId, messageId, reporterId }: ReportKey): { state: Report; lastSeq: number } {
    const row = this.#view.get<ReportRow>(
      'SELECT * FROM report WHERE group_id = ? AND message_id = ? AND user_id = ?',
      groupId,
      messageId,
      reporterId,
    )
    return { state: row && reportIn(row), lastSeq: row?.stored_seq ?? 0 }
  }

  ofMessage(groupId: string, messageId: string): readonly ReportRecord[] {
    const sql = 'SELECT * FROM report WHERE group_id = ? AND message_id = ? AND gone = 0'
    return this.#view.all<ReportRow>(sql, groupId, messageId).map(recordOf)
  }

  after(closed: boolean, place: ReportPlace = FIRST, limit: number): readonly ReportRecord[] {
    const rows = this.#view.all<ReportRow>(
      `SELECT * FROM report WHERE gone = 0 AND (outcome <> 0) = ? AND (reported_at, message_id, user_id) < (?, ?, ?)
       ORDER BY reported_at DESC, message_id DESC, user_id DESC LIMIT ?`,
      ...[Number(closed), place.at, place.messageId, place.reporterId, limit],
    )
    return rows.map(recordOf)
  }

  openCount(): number {
    return this.#view.get<{ n: number }>('SELECT COUNT(*) AS n FROM report WHERE gone = 0 AND outcome = 0')?.n ?? 0
  }

  due(limit: number): readonly ReportKey[] {
    return this.#view.all<ReportRow>('SELECT * FROM report WHERE due = 1 LIMIT ?', limit).map(keyOf)
  }

  get #view() {
    return this.projection.view
  }
}
