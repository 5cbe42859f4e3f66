import type { SqliteView } from '@beseda/event-log'
import type { MessagePosted } from '@beseda/proto/group/v1/events'
import { mentionTargets } from '@beseda/rules'

const authorOf = (view: SqliteView, groupId: string, messageId: string) =>
  view.get<{ id: string }>('SELECT author_id AS id FROM message WHERE group_id = ? AND id = ?', groupId, messageId)?.id

/**
 * Whom a message mentions, by the rule that all share (`mentionTargets`). A reply posted before messages carried
 * `replied_user_id` mentions the author that the view finds.
 */
export function mention(view: SqliteView, groupId: string, seq: number, idx: number, event: MessagePosted): void {
  const { mentions, replyTo, authorId, messageId } = event
  const isOldReply = replyTo !== '' && !mentions?.repliedUserId
  const answered = isOldReply ? authorOf(view, groupId, replyTo) : undefined
  if (isOldReply && answered === undefined) {
    view.run(
      'INSERT OR IGNORE INTO early_answer VALUES (?, ?, ?, ?, ?, ?)',
      groupId,
      replyTo,
      messageId,
      seq,
      idx,
      authorId,
    )
  }
  const targets = new Set([...mentionTargets(event), ...(answered === undefined ? [] : [answered])])
  for (const target of targets) {
    view.run('INSERT OR IGNORE INTO mention VALUES (?, ?, ?, ?, ?, ?)', groupId, target, seq, idx, authorId, messageId)
  }
}

/** Answers that came before the message that they answer, which an erasure has moved behind them. */
export function answered(view: SqliteView, groupId: string, messageId: string, authorId: string): void {
  view.run(
    `INSERT OR IGNORE INTO mention SELECT group_id, ?, seq, idx, author_id, message_id FROM early_answer WHERE group_id = ? AND reply_to = ?`,
    authorId,
    groupId,
    messageId,
  )
  view.run('DELETE FROM early_answer WHERE group_id = ? AND reply_to = ?', groupId, messageId)
}
