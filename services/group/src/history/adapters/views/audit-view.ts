import type { SqliteView } from '@beseda/event-log'
import { type Event, EventSchema } from '@beseda/proto/log/v1/commit'
import { clone, fromBinary, toBinary } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { Placed } from '../../../view/history-view.js'

/** What was said is in the conversation; deletions and pins are asked about. */
const NOT_IN_AUDIT: ReadonlySet<Event['body']['case']> = new Set([
  'messagePosted',
  'messageEdited',
  'reactionChanged',
  'commitRedacted',
])

export function applyAudit(view: SqliteView, { groupId, seq, idx, at, event }: Placed): void {
  if (NOT_IN_AUDIT.has(event.body.case)) return
  const bytes = toBinary(EventSchema, withoutSecrets(event))
  view.run('INSERT OR IGNORE INTO audit VALUES (?, ?, ?, ?, ?)', groupId, seq, idx, at, bytes)
}

/** Hashes of codes and tokens are of use to nobody but an attacker. */
export function withoutSecrets(event: Event): Event {
  if (event.body.case !== 'inviteCreated' && event.body.case !== 'webhookCreated') return event
  const copy = clone(EventSchema, event)
  if (copy.body.case === 'inviteCreated') copy.body.value.codeHash = new Uint8Array()
  if (copy.body.case === 'webhookCreated') copy.body.value.tokenHash = new Uint8Array()
  return copy
}

/** Of people whose accounts are no more, what they wrote beside a request and why they were banned, or banned others, is not told any more. */
export function withoutTraces(view: SqliteView, event: Event): Event {
  const { body, actorId } = event
  const isGone = (userId: string) => view.get('SELECT 1 FROM gone WHERE user_id = ?', userId) !== undefined
  if (body.case === 'joinRequested' && isGone(body.value.userId)) body.value.note = ''
  if (body.case === 'memberBanned' && (isGone(body.value.userId) || isGone(actorId))) body.value.reason = ''
  return event
}

/** Newest first. The events of one commit are never torn apart. */
export function auditPage(view: SqliteView, groupId: string, beforeSeq: number, limit: number) {
  const before = beforeSeq || Number.MAX_SAFE_INTEGER
  const edge = view.get<{ seq: number }>(
    'SELECT seq FROM audit WHERE group_id = ? AND seq < ? ORDER BY seq DESC, idx DESC LIMIT 1 OFFSET ?',
    groupId,
    before,
    limit - 1,
  )?.seq
  const rows = view.all<{ seq: number; at: number; event: Uint8Array }>(
    'SELECT seq, at, event FROM audit WHERE group_id = ? AND seq < ? AND seq >= ? ORDER BY seq DESC, idx DESC',
    groupId,
    before,
    edge ?? 0,
  )
  const entries = rows.map(({ seq, at, event }) => ({
    seq: BigInt(seq),
    time: timestampFromMs(at),
    event: withoutTraces(view, fromBinary(EventSchema, event)),
  }))
  const beyond =
    edge !== undefined && view.get('SELECT 1 FROM audit WHERE group_id = ? AND seq < ? LIMIT 1', groupId, edge)
  return { entries, hasMore: beyond !== undefined && beyond !== false }
}
