import type { SqliteView } from '@beseda/event-log'
import type { MessagePosted } from '@beseda/proto/group/v1/events'

/** Who is called by `<@all>` and `<@admins>`, as targets beside user ids. */
export const ALL = '*'
export const ADMINS = '**'

const authorOf = (view: SqliteView, groupId: string, messageId: string) =>
  view.get<{ id: string }>('SELECT author_id AS id FROM message WHERE group_id = ? AND id = ?', groupId, messageId)?.id

/** Who is called: by name, as all, as admins, or by an answer to what they said. */
export function mention(view: SqliteView, groupId: string, seq: number, idx: number, event: MessagePosted): void {
  const { mentions, replyTo, authorId, messageId } = event
  const answered = replyTo === '' ? undefined : authorOf(view, groupId, replyTo)
  if (replyTo !== '' && answered === undefined) {
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
  const targets = new Set([
    ...(mentions?.userIds ?? []),
    ...(mentions?.all ? [ALL] : []),
    ...(mentions?.admins ? [ADMINS] : []),
    ...(answered === undefined ? [] : [answered]),
  ])
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
