import type { Projection } from '@beseda/event-log'
import { type ReadState, ReadStateSchema } from '@beseda/proto/group/v1/group_service'
import { targetsOf } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import type { GroupRecord, MemberRecord } from '../../../groups/application/records.js'
import { type ReadMark, ReadMarkerStore } from '../../application/ports.js'

/** Counters stop here: nobody reads "1,000 unread" as a figure, and counting a million would take time. */
const COUNTED = 1_000

const UNREAD = `
  SELECT COUNT(*) AS n FROM (
    SELECT 1 FROM message INDEXED BY message_line WHERE group_id = ? AND thread_id = '' AND (seq, idx) > (?, ?) AND author_id <> ? AND deleted = 0
    AND (expires_at = 0 OR expires_at > ?)
    AND NOT EXISTS (SELECT 1 FROM hidden WHERE user_id = ? AND group_id = message.group_id AND message_id = message.id) LIMIT ?)`

const mentionsOf = (targets: readonly string[]): string => `
  SELECT COUNT(*) AS n FROM (
    SELECT DISTINCT seq, idx FROM mention WHERE group_id = ? AND target IN (${targets.map(() => '?').join(', ')})
    AND (seq, idx) > (?, ?) AND author_id <> ?
    AND NOT EXISTS (SELECT 1 FROM message WHERE group_id = mention.group_id AND id = mention.message_id AND expires_at > 0 AND expires_at <= ?)
    AND NOT EXISTS (SELECT 1 FROM hidden WHERE user_id = ? AND group_id = mention.group_id AND message_id = mention.message_id) LIMIT ?)`

export class SqliteReadMarkerStore extends ReadMarkerStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  load(groupId: string, userId: string): { state: ReadMark; lastSeq: number } {
    const sql = 'SELECT seq, idx, stored_seq FROM read_mark WHERE group_id = ? AND user_id = ?'
    const row = this.projection.view.get<{ seq: number; idx: number; stored_seq: number }>(sql, groupId, userId)
    return { state: { seq: row?.seq ?? 0, index: row?.idx ?? 0 }, lastSeq: row?.stored_seq ?? 0 }
  }

  /**
   * Somebody who has read nothing yet begins where they joined. The counters are counted over the messages and never kept as sums,
   * so they cannot drift.
   */
  state(group: GroupRecord, member: MemberRecord, now: number): ReadState {
    const { userId, role, joinedSeq } = member
    const stored = this.load(group.id, userId).state
    const mark = stored.seq >= joinedSeq ? stored : { seq: joinedSeq, index: 0 }
    const targets = targetsOf({ userId, role })
    const rest = [mark.seq, mark.index, userId, now, userId, COUNTED]
    return create(ReadStateSchema, {
      groupId: group.id,
      readSeq: BigInt(mark.seq),
      readIndex: mark.index,
      unread: this.#count(UNREAD, group.id, ...rest),
      mentions: this.#count(mentionsOf(targets), group.id, ...targets, ...rest),
      messagesSeq: BigInt(group.messagesSeq),
      hidden: this.#count('SELECT COUNT(*) AS n FROM hidden WHERE user_id = ? AND group_id = ?', userId, group.id),
    })
  }

  readersOf(groupId: string, { seq, index }: ReadMark): readonly string[] {
    const rows = this.projection.view.all<{ id: string }>(
      'SELECT user_id AS id FROM read_mark JOIN member USING (group_id, user_id) WHERE group_id = ? AND (seq, idx) >= (?, ?) ORDER BY user_id',
      groupId,
      seq,
      index,
    )
    return rows.map(({ id }) => id)
  }

  #count(sql: string, ...values: (string | number)[]): number {
    return this.projection.view.get<{ n: number }>(sql, ...values)?.n ?? 0
  }
}
