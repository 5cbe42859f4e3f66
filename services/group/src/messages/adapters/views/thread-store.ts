import type { Projection } from '@beseda/event-log'
import type { Message } from '@beseda/proto/group/v1/group_service'
import { targetsOf } from '@beseda/rules'
import type { MemberRecord } from '../../../groups/application/records.js'
import type { Reader } from '../../../groups/domain/reader.js'
import { type ThreadedGroup, type ThreadPlace, ThreadStore } from '../../application/ports.js'
import { MOST_TOLD, type Position } from '../../domain/read-marks.js'
import type { ThreadChoice } from '../../domain/thread-choices.js'
import { ANSWER_OF_OTHERS, follows } from './followed-threads.js'
import { messageOf } from './message-picture.js'
import { inLine, type MessageRow, VISIBLE, visibleTo } from './message-rows.js'

/** Threads that the person could follow come from three indexes of theirs, so that no thread of others is looked at. */
const FOLLOWED = `
  WITH asked (group_id, from_seq) AS (SELECT value ->> 0, value ->> 1 FROM json_each(:groups)),
    mine (group_id, id) AS (
      SELECT group_id, thread_id FROM thread_part WHERE user_id = :userId
      UNION SELECT group_id, thread_id FROM mention WHERE target = :userId AND thread_id <> ''
      UNION SELECT group_id, thread_id FROM thread_choice WHERE user_id = :userId AND follows = 1)
  SELECT thread.group_id AS groupId, thread.id AS threadId, thread.last_at AS lastAt
  FROM mine JOIN asked USING (group_id) JOIN thread ON thread.group_id = mine.group_id AND thread.id = mine.id
  WHERE thread.replies > 0 AND thread.last_seq >= asked.from_seq AND (thread.last_at, thread.id) < (:lastAt, :threadId)
    AND ${follows('thread.group_id', 'thread.id')}
  ORDER BY thread.last_at DESC, thread.id DESC LIMIT :limit`

/** Beyond every id. */
const LAST_ID = '\u{10ffff}'

export class SqliteThreadStore extends ThreadStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {
    super()
  }

  choices(groupId: string, userId: string): { state: readonly ThreadChoice[]; lastSeq: number } {
    const rows = this.#view.all<{ id: string; follows: number; stored_seq: number }>(
      'SELECT thread_id AS id, follows, stored_seq FROM thread_choice WHERE user_id = ? AND group_id = ? ORDER BY nth',
      userId,
      groupId,
    )
    const state = rows.map(({ id, follows: chosen }) => ({ threadId: id, follows: chosen === 1 }))
    return { state, lastSeq: rows[0]?.stored_seq ?? 0 }
  }

  follows(groupId: string, threadId: string, userId: string): boolean {
    const values = { ':groupId': groupId, ':threadId': threadId, ':userId': userId }
    const row = this.#view.getNamed<{ follows: number }>(
      `SELECT ${follows(':groupId', ':threadId')} AS follows`,
      values,
    )
    return row?.follows === 1
  }

  followed(
    userId: string,
    groups: readonly ThreadedGroup[],
    after: Omit<ThreadPlace, 'groupId'> | undefined,
    limit: number,
  ): readonly ThreadPlace[] {
    const { lastAt, threadId } = after ?? { lastAt: Number.MAX_SAFE_INTEGER, threadId: LAST_ID }
    return this.#view.allNamed<ThreadPlace>(FOLLOWED, {
      ':userId': userId,
      ':groups': JSON.stringify(groups.map(({ id, fromSeq }) => [id, fromSeq])),
      ':lastAt': lastAt,
      ':threadId': threadId,
      ':limit': limit,
    })
  }

  unread(
    { groupId, userId, role }: MemberRecord & { readonly groupId: string },
    threadId: string,
    beyond: Position,
    now: number,
  ): { unread: number; mentions: number } {
    const row = this.#view.getNamed<{ unread: number; mentions: number | null }>(
      `SELECT COUNT(*) AS unread, SUM(called) AS mentions FROM (
        SELECT EXISTS (SELECT 1 FROM mention WHERE group_id = :groupId AND message_id = message.id
          AND target IN (SELECT value FROM json_each(:targets))) AS called
        FROM message INDEXED BY message_line WHERE group_id = :groupId AND thread_id = :threadId AND (seq, idx) > (:seq, :idx) AND ${ANSWER_OF_OTHERS}
        LIMIT :limit)`,
      {
        ':groupId': groupId,
        ':userId': userId,
        ':threadId': threadId,
        ':seq': beyond.seq,
        ':idx': beyond.index,
        ':now': now,
        ':targets': JSON.stringify(targetsOf({ userId, role })),
        ':limit': MOST_TOLD,
      },
    )
    return { unread: row?.unread ?? 0, mentions: row?.mentions ?? 0 }
  }

  last(groupId: string, threadId: string, reader: Reader): Message | undefined {
    const row = this.#view.getNamed<MessageRow>(
      `${inLine(threadId, `deleted = 0 AND ${VISIBLE}`)} ORDER BY seq DESC, idx DESC LIMIT 1`,
      { ':groupId': groupId, ':threadId': threadId, ...visibleTo(reader) },
    )
    return row && messageOf(this.#view, row)
  }

  get #view() {
    return this.projection.view
  }
}
