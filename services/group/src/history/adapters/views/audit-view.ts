import type { SqliteView } from '@beseda/event-log'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { shownToAdmins } from '@beseda/rules'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Placed } from '../../../view/placed.js'

export const AUDIT_SCHEMA = `
  CREATE TABLE audit (group_id TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, at INTEGER NOT NULL, event BLOB NOT NULL, PRIMARY KEY (group_id, seq, idx)) WITHOUT ROWID;
`

export interface AuditRow {
  readonly seq: number
  readonly at: number
  readonly event: Uint8Array
}

/** What was said is in the conversation; deletions and pins are part of the audit log. */
const NOT_AUDITED: ReadonlySet<Event['body']['case']> = new Set([
  'messagePosted',
  'messageEdited',
  'reactionChanged',
  'commitRedacted',
])

/** Hashes of codes and tokens are of use only to an attacker: not even admins read them. */
export function applyAudit(view: SqliteView, { groupId, seq, index, at, event }: Placed): void {
  if (NOT_AUDITED.has(event.body.case)) return
  const bytes = toBinary(EventSchema, shownToAdmins(event))
  view.run('INSERT OR IGNORE INTO audit VALUES (?, ?, ?, ?, ?)', groupId, seq, index, at, bytes)
}

/** The event, without notes and ban reasons of, or by, people whose accounts are deleted. */
export function auditedEvent(view: SqliteView, { event: bytes }: AuditRow): Event {
  const event = fromBinary(EventSchema, bytes)
  const { body, actorId } = event
  const isGone = (userId: string) => view.get('SELECT 1 FROM gone WHERE user_id = ?', userId) !== undefined
  if (body.case === 'joinRequested' && isGone(body.value.userId)) body.value.note = ''
  if (body.case === 'memberBanned' && (isGone(body.value.userId) || isGone(actorId))) body.value.reason = ''
  return event
}
