import type { SqliteView } from '@beseda/event-log'
import type { MessagePosted } from '@beseda/proto/group/v1/events'
import { mentionTargets } from '@beseda/rules'
import type { Placed } from '../../../view/placed.js'

const authorOf = (view: SqliteView, groupId: string, messageId: string) =>
  view.get<{ id: string }>('SELECT author_id AS id FROM message WHERE group_id = ? AND id = ?', groupId, messageId)?.id

/**
 * Stores whom a message mentions, by the rule that all share (`mentionTargets`). A reply posted before messages carried
 * `replied_user_id` mentions the author that the view finds.
 */
export function addMentions(
  view: SqliteView,
  { groupId, seq, index }: Pick<Placed, 'groupId' | 'seq' | 'index'>,
  event: MessagePosted,
): void {
  const { mentions, replyTo, authorId, messageId, threadId } = event
  const isOldReply = replyTo !== '' && !mentions?.repliedUserId
  const repliedTo = isOldReply ? authorOf(view, groupId, replyTo) : undefined
  if (isOldReply && repliedTo === undefined) {
    const values = [groupId, replyTo, messageId, seq, index, authorId, threadId]
    view.run('INSERT OR IGNORE INTO early_answer VALUES (?, ?, ?, ?, ?, ?, ?)', ...values)
  }
  const targets = new Set([...mentionTargets(event), ...(repliedTo === undefined ? [] : [repliedTo])])
  for (const target of targets) {
    const values = [groupId, target, seq, index, authorId, messageId, threadId]
    view.run('INSERT OR IGNORE INTO mention VALUES (?, ?, ?, ?, ?, ?, ?)', ...values)
  }
}

/** Replies that the view has seen before the message that they reply to, which an erasure has moved behind them. */
export function addEarlyReplies(view: SqliteView, groupId: string, messageId: string, authorId: string): void {
  view.run(
    `INSERT OR IGNORE INTO mention SELECT group_id, ?, seq, idx, author_id, message_id, thread_id FROM early_answer WHERE group_id = ? AND reply_to = ?`,
    authorId,
    groupId,
    messageId,
  )
  view.run('DELETE FROM early_answer WHERE group_id = ? AND reply_to = ?', groupId, messageId)
}
