import type { Projection } from '@beseda/event-log'
import type { Reader } from '../../../groups/domain/reader.js'
import {
  type AuditPage,
  type CallPage,
  type ExportPart,
  HistoryReader,
  type SystemPage,
} from '../../application/ports.js'
import { type AuditRow, auditedEvent, systemEvent } from './audit-view.js'
import { type CallRow, callRecord } from './call-record-view.js'
import { exportPart } from './export-part.js'

const END = Number.MAX_SAFE_INTEGER

export class SqliteHistoryReader extends HistoryReader {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  audit(groupId: string, beforeSeq: number, limit: number): AuditPage {
    const { rows, hasMore } = this.#page('group_id = ? AND seq > ? AND seq < ?', groupId, -1, beforeSeq, limit)
    const entries = rows.map((row) => ({ seq: row.seq, at: row.at, event: auditedEvent(row) }))
    return { entries, hasMore }
  }

  systemEvents(groupId: string, hiddenBefore: number, beforeSeq: number, limit: number): SystemPage {
    const among = 'system = 1 AND group_id = ? AND seq > ? AND seq < ?'
    const { rows, hasMore } = this.#page(among, groupId, hiddenBefore, beforeSeq, limit)
    const events = rows.map((row) => ({ seq: row.seq, index: row.idx, at: row.at, event: systemEvent(row) }))
    return { events, hasMore }
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

  /** Rows of the audit log, newest first; those of one commit are never separated. Sequences are exclusive; `beforeSeq` 0: the newest. */
  #page(among: string, groupId: string, afterSeq: number, beforeSeq: number, limit: number) {
    const before = beforeSeq || END
    const edge = this.#view.get<{ seq: number }>(
      `SELECT seq FROM audit WHERE ${among} ORDER BY seq DESC, idx DESC LIMIT 1 OFFSET ?`,
      ...[groupId, afterSeq, before, limit - 1],
    )?.seq
    const rows = this.#view.all<AuditRow>(
      `SELECT seq, idx, at, event FROM audit WHERE ${among} ORDER BY seq DESC, idx DESC`,
      ...[groupId, edge === undefined ? afterSeq : edge - 1, before],
    )
    const hasMore =
      edge !== undefined && this.#view.get(`SELECT 1 FROM audit WHERE ${among} LIMIT 1`, groupId, afterSeq, edge)
    return { rows, hasMore: hasMore !== undefined && hasMore !== false }
  }

  get #view() {
    return this.projection.view
  }
}
