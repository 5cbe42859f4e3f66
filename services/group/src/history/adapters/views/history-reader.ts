import type { Projection } from '@beseda/event-log'
import type { Reader } from '../../../groups/domain/reader.js'
import { type AuditPage, type CallPage, type ExportPart, HistoryReader } from '../../application/ports.js'
import { type AuditRow, auditedEvent } from './audit-view.js'
import { type CallRow, callRecord } from './call-record-view.js'
import { exportPart } from './export-part.js'

const END = Number.MAX_SAFE_INTEGER

export class SqliteHistoryReader extends HistoryReader {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  audit(groupId: string, beforeSeq: number, limit: number): AuditPage {
    const before = beforeSeq || END
    const edge = this.#view.get<{ seq: number }>(
      'SELECT seq FROM audit WHERE group_id = ? AND seq < ? ORDER BY seq DESC, idx DESC LIMIT 1 OFFSET ?',
      groupId,
      before,
      limit - 1,
    )?.seq
    const rows = this.#view.all<AuditRow>(
      'SELECT seq, at, event FROM audit WHERE group_id = ? AND seq < ? AND seq >= ? ORDER BY seq DESC, idx DESC',
      groupId,
      before,
      edge ?? 0,
    )
    const entries = rows.map((row) => ({ seq: row.seq, at: row.at, event: auditedEvent(this.#view, row) }))
    return { entries, hasMore: edge !== undefined && this.#isBefore(groupId, edge) }
  }

  calls(groupId: string, hiddenBefore: number, beforeSeq: number, limit: number): CallPage {
    const rows = this.#view.all<CallRow>(
      'SELECT * FROM call_record WHERE group_id = ? AND seq < ? AND seq > ? ORDER BY seq DESC LIMIT ?',
      groupId,
      beforeSeq || END,
      hiddenBefore,
      limit + 1,
    )
    return { calls: rows.slice(0, limit).map(callRecord), hasMore: rows.length > limit }
  }

  export(groupId: string, reader: Reader, afterSeq: number): ExportPart {
    return exportPart(this.#view, groupId, reader, afterSeq)
  }

  #isBefore(groupId: string, seq: number): boolean {
    return this.#view.get('SELECT 1 FROM audit WHERE group_id = ? AND seq < ? LIMIT 1', groupId, seq) !== undefined
  }

  get #view() {
    return this.projection.view
  }
}
