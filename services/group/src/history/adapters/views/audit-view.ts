import type { SqliteView } from '@beseda/event-log'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { shownToAdmins, shownToMembers, withoutWordsOf } from '@beseda/rules'
import { isSystemEvent } from '@beseda/rules/audit'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Placed } from '../../../view/placed.js'

/** `system`: 1 for what the conversation shows between its messages. `audit_words`: events with words that go with an account, by its person. */
export const AUDIT_SCHEMA = `
  CREATE TABLE audit (
    group_id TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, at INTEGER NOT NULL, system INTEGER NOT NULL, event BLOB NOT NULL,
    PRIMARY KEY (group_id, seq, idx)
  ) WITHOUT ROWID;
  CREATE INDEX audit_system ON audit (group_id, seq, idx) WHERE system = 1;
  CREATE TABLE audit_words (
    user_id TEXT NOT NULL, group_id TEXT NOT NULL, seq INTEGER NOT NULL, idx INTEGER NOT NULL, PRIMARY KEY (user_id, group_id, seq, idx)
  ) WITHOUT ROWID;
`

export interface AuditRow {
  readonly seq: number
  readonly idx: number
  readonly at: number
  readonly event: Uint8Array
}

/** What was said is in the conversation; deletions and pins are part of the audit log. */
const NOT_AUDITED: ReadonlySet<Event['body']['case']> = new Set([
  'messagePosted',
  'messageEdited',
  'reactionChanged',
  'pollVoted',
  'pollEnded',
  'commitRedacted',
])

/** Hashes of codes and tokens are of use only to an attacker: not even admins read them. */
export function applyAudit(view: SqliteView, { groupId, seq, index, at, event }: Placed): void {
  if (NOT_AUDITED.has(event.body.case)) return
  const kept = withoutWordsOf((userId) => isGone(view, userId), shownToAdmins(event))
  const bytes = toBinary(EventSchema, kept)
  const system = Number(isSystemEvent(event))
  view.run('INSERT OR IGNORE INTO audit VALUES (?, ?, ?, ?, ?, ?)', groupId, seq, index, at, system, bytes)
  for (const userId of peopleWithWordsIn(kept)) {
    view.run('INSERT OR IGNORE INTO audit_words VALUES (?, ?, ?, ?)', userId, groupId, seq, index)
  }
}

/** The account is deleted: notes and reasons of, about and by this person are overwritten. */
export function forgetWordsOf(view: SqliteView, userId: string): void {
  const sql =
    'SELECT group_id, seq, idx, event FROM audit JOIN audit_words USING (group_id, seq, idx) WHERE user_id = ?'
  for (const { group_id, seq, idx, event } of view.all<AuditRow & { readonly group_id: string }>(sql, userId)) {
    const kept = withoutWordsOf((other) => other === userId, fromBinary(EventSchema, event))
    const place = [group_id, seq, idx]
    view.run(
      'UPDATE audit SET event = ? WHERE group_id = ? AND seq = ? AND idx = ?',
      toBinary(EventSchema, kept),
      ...place,
    )
    view.run('DELETE FROM audit_words WHERE group_id = ? AND seq = ? AND idx = ?', ...place)
  }
}

const isGone = (view: SqliteView, userId: string): boolean =>
  view.get('SELECT 1 FROM gone WHERE user_id = ?', userId) !== undefined

/** Those with whose accounts words of the event go. */
const peopleWithWordsIn = (event: Event): readonly string[] => {
  const { body, actorId } = event
  const people = body.case === 'joinRequested' || body.case === 'memberBanned' ? [body.value.userId, actorId] : []
  return people.filter((userId) => withoutWordsOf((other) => other === userId, event) !== event)
}

export const auditedEvent = ({ event }: AuditRow): Event => fromBinary(EventSchema, event)

/** The event as every member may read it. */
export const systemEvent = (row: AuditRow): Event => shownToMembers(fromBinary(EventSchema, row.event))
