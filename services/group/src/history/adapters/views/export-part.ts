import type { SqliteView } from '@beseda/event-log'
import type { Reader } from '../../../groups/domain/reader.js'
import { messageOf } from '../../../messages/adapters/views/message-picture.js'
import { findVisible, type MessageRow } from '../../../messages/adapters/views/message-rows.js'
import type { ExportEntry, ExportPart } from '../../application/ports.js'
import { type AuditRow, auditedEvent } from './audit-view.js'

/** Entries of one part. */
const ENTRIES = 50
/**
 * Bytes in the history after which a part ends with the commit at hand. As a page for reading it can be 24 times as long (a list of
 * single letters), and it has to stay below the bus's megabyte.
 */
const BYTES = 32 * 1024

/** Messages as they are now and every other event as it was, in the order of the history. */
export function exportPart(view: SqliteView, groupId: string, reader: Reader, afterSeq: number): ExportPart {
  const messages = view.all<MessageRow>(
    'SELECT * FROM message WHERE group_id = ? AND seq > ? ORDER BY seq, idx LIMIT ?',
    groupId,
    afterSeq,
    ENTRIES * 3,
  )
  const others = view.all<AuditRow>(
    'SELECT seq, at, event FROM audit WHERE group_id = ? AND seq > ? ORDER BY seq, idx LIMIT ?',
    groupId,
    afterSeq,
    ENTRIES * 3,
  )
  const edge = edgeOf([
    ...messages.map(({ seq, body }) => ({ seq, size: body.length })),
    ...others.map(({ seq, event }) => ({ seq, size: event.length })),
  ])
  const isInPart = ({ seq }: { readonly seq: number }) => edge === undefined || seq <= edge
  const shown = messages
    .filter(isInPart)
    .filter(({ id, deleted }) => deleted === 0 && findVisible(view, groupId, id, reader))
  const entries: ExportEntry[] = [
    ...shown.map((row) => ({ seq: row.seq, at: row.sent_at, message: messageOf(view, row) })),
    ...others.filter(isInPart).map((row) => ({ seq: row.seq, at: row.at, event: auditedEvent(row) })),
  ]
  return { entries: entries.sort((a, b) => a.seq - b.seq), next: edge ?? 0 }
}

/** Sequence of the commit with which a part is full; undefined: it is not. */
function edgeOf(pieces: readonly { readonly seq: number; readonly size: number }[]): number | undefined {
  let bytes = 0
  return pieces
    .toSorted((a, b) => a.seq - b.seq)
    .find(({ size }, i) => {
      bytes += size
      return bytes >= BYTES || i === ENTRIES - 1
    })?.seq
}
