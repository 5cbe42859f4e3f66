import type { SqliteView } from '@beseda/event-log'
import { MOST_TOLD, type Position, type ThreadUnread } from '../../domain/read-marks.js'

/** Whom the person has blocked says nothing to them. */
const NOT_BLOCKED = 'author_id NOT IN (SELECT other_id FROM block WHERE user_id = :userId)'

/**
 * Whether the person follows a thread: as they have chosen, otherwise if they began it, answered in it, or were mentioned in it, themselves and
 * not with everybody. `thread` and `group`: columns, or parameters.
 */
export const follows = (group: string, thread: string): string => `COALESCE(
  (SELECT follows FROM thread_choice WHERE user_id = :userId AND group_id = ${group} AND thread_id = ${thread}),
  EXISTS (SELECT 1 FROM thread_part WHERE user_id = :userId AND group_id = ${group} AND thread_id = ${thread})
    OR EXISTS (SELECT 1 FROM mention WHERE target = :userId AND group_id = ${group} AND thread_id = ${thread} AND thread_id <> '' AND ${NOT_BLOCKED}))`

/** Answers of others that the person may see and has not heard of otherwise. */
export const ANSWER_OF_OTHERS = `message.author_id <> :userId AND message.deleted = 0 AND (message.expires_at = 0 OR message.expires_at > :now)
  AND message.${NOT_BLOCKED}
  AND NOT EXISTS (SELECT 1 FROM hidden WHERE user_id = :userId AND group_id = message.group_id AND message_id = message.id)`

/** Only threads that have gone on since are looked at, each from its own mark on. */
const UNREAD = `
  SELECT message.seq, message.idx, message.thread_id FROM thread INDEXED BY thread_recent
  LEFT JOIN thread_mark AS mark ON mark.group_id = thread.group_id AND mark.user_id = :userId AND mark.thread_id = thread.id
  JOIN message INDEXED BY message_line ON message.group_id = thread.group_id AND message.thread_id = thread.id
    AND (message.seq, message.idx) > (MAX(:seq, COALESCE(mark.seq, 0)), IIF(COALESCE(mark.seq, 0) >= :seq, mark.idx, :idx))
  WHERE thread.group_id = :groupId AND thread.last_seq >= :seq AND ${follows('thread.group_id', 'thread.id')} AND ${ANSWER_OF_OTHERS}
  ORDER BY message.seq, message.idx LIMIT :limit`

/** Answers that are new to a member in threads that they follow, in order. `threads`: how far all threads are read. */
export function unreadAnswers(
  view: SqliteView,
  groupId: string,
  userId: string,
  threads: Position,
  now: number,
): readonly ThreadUnread[] {
  const place = { ':seq': threads.seq, ':idx': threads.index, ':now': now, ':limit': MOST_TOLD }
  const rows = view.allNamed<{ seq: number; idx: number; thread_id: string }>(UNREAD, {
    ':groupId': groupId,
    ':userId': userId,
    ...place,
  })
  return rows.map(({ seq, idx, thread_id }) => ({ seq, index: idx, threadId: thread_id }))
}
