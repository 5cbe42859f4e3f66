import type { SqliteView } from '@beseda/event-log'
import { type ReadState, ReadStateSchema } from '@beseda/proto/group/v1/group_service'
import { targetsOf } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { type GroupRow, type MemberRow } from '../../../groups/adapters/views/group-reader.js'

/** Counters stop here: nobody reads "1,000 unread" as a figure, and counting a million would take time. */
const COUNTED = 1_000

export const readMark = (view: SqliteView, groupId: string, userId: string) =>
  view.get<{ seq: number; idx: number; stored_seq: number }>(
    'SELECT seq, idx, stored_seq FROM read_mark WHERE group_id = ? AND user_id = ?',
    groupId,
    userId,
  )

/**
 * Watermark and counters of a member. Who has read nothing yet begins where they came in. The counters are counts over the
 * messages, never sums that are kept: they cannot drift.
 */
export function readState(view: SqliteView, group: GroupRow, member: MemberRow, now: number): ReadState {
  const stored = readMark(view, group.id, member.user_id)
  const mark = stored && stored.seq >= member.joined_seq ? stored : { seq: member.joined_seq, idx: 0 }
  const unread = view.get<{ n: number }>(
    `SELECT COUNT(*) AS n FROM (
       SELECT 1 FROM message INDEXED BY message_line WHERE group_id = ? AND thread_id = '' AND (seq, idx) > (?, ?) AND author_id <> ? AND deleted = 0
       AND (expires_at = 0 OR expires_at > ?)
       AND NOT EXISTS (SELECT 1 FROM hidden WHERE user_id = ? AND group_id = message.group_id AND message_id = message.id) LIMIT ?)`,
    group.id,
    mark.seq,
    mark.idx,
    member.user_id,
    now,
    member.user_id,
    COUNTED,
  )
  const targets = targetsOf({ userId: member.user_id, role: member.role })
  const mentions = view.get<{ n: number }>(
    `SELECT COUNT(*) AS n FROM (
       SELECT DISTINCT seq, idx FROM mention WHERE group_id = ? AND target IN (${targets.map(() => '?').join(', ')})
       AND (seq, idx) > (?, ?) AND author_id <> ?
       AND NOT EXISTS (SELECT 1 FROM message WHERE group_id = mention.group_id AND id = mention.message_id AND expires_at > 0 AND expires_at <= ?)
       AND NOT EXISTS (SELECT 1 FROM hidden WHERE user_id = ? AND group_id = mention.group_id AND message_id = mention.message_id) LIMIT ?)`,
    group.id,
    ...targets,
    mark.seq,
    mark.idx,
    member.user_id,
    now,
    member.user_id,
    COUNTED,
  )
  return create(ReadStateSchema, {
    groupId: group.id,
    readSeq: BigInt(mark.seq),
    readIndex: mark.idx,
    unread: unread?.n ?? 0,
    mentions: mentions?.n ?? 0,
    messagesSeq: BigInt(group.messages_seq),
    hidden: hiddenCount(view, group.id, member.user_id),
  })
}

const hiddenCount = (view: SqliteView, groupId: string, userId: string): number =>
  view.get<{ n: number }>('SELECT COUNT(*) AS n FROM hidden WHERE user_id = ? AND group_id = ?', userId, groupId)?.n ??
  0

/** Members whose watermark is at or beyond a place. */
export const readersOf = (view: SqliteView, groupId: string, seq: number, idx: number): string[] =>
  view
    .all<{ id: string }>(
      'SELECT user_id AS id FROM read_mark JOIN member USING (group_id, user_id) WHERE group_id = ? AND (seq, idx) >= (?, ?) ORDER BY user_id',
      groupId,
      seq,
      idx,
    )
    .map(({ id }) => id)
