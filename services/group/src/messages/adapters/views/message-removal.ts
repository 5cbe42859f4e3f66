import type { SqliteView } from '@beseda/event-log'
import { type MessagePosted, MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { forgetReportsOfMessage } from '../../../moderation/adapters/views/report-view.js'
import { placeOf } from '../../domain/message-place.js'
import { markOfGroup, unindex } from './word-index.js'

export interface StoredMessage {
  readonly key: number
  readonly seq: number
  readonly idx: number
  readonly deleted: number
  readonly edited_seq: number
  readonly author_id: string
  readonly body: Uint8Array
}

export const findStored = (view: SqliteView, groupId: string, messageId: string): StoredMessage | undefined =>
  view.get<StoredMessage>(
    'SELECT key, seq, idx, deleted, edited_seq, author_id, body FROM message WHERE group_id = ? AND id = ?',
    groupId,
    messageId,
  )

/** Deleted before anything else was known of it: its content had left the log. */
export const wasDeleted = (view: SqliteView, groupId: string, messageId: string): boolean =>
  view.get('SELECT 1 FROM deletion WHERE group_id = ? AND message_id = ?', groupId, messageId) !== undefined

/** The message is deleted: nothing that is said about it counts. */
export const isGone = (view: SqliteView, groupId: string, messageId: string): boolean =>
  (findStored(view, groupId, messageId)?.deleted ?? Number(wasDeleted(view, groupId, messageId))) === 1

/**
 * The message's content leaves the view; its place and the fact that it existed stay. Every commit in the log that holds its
 * content is due to be erased.
 */
export function dropMessage(view: SqliteView, groupId: string, messageId: string): void {
  const known = findStored(view, groupId, messageId)
  if (known?.deleted) return
  if (known) empty(view, groupId, known)
  else view.run('INSERT OR IGNORE INTO deletion VALUES (?, ?)', groupId, messageId)
  view.run(
    'INSERT OR IGNORE INTO erasure_due SELECT group_id, stored_seq, ? FROM content_at WHERE group_id = ? AND message_id = ?',
    known?.author_id ?? '',
    groupId,
    messageId,
  )
  view.run(
    'INSERT OR IGNORE INTO file_due SELECT file_id, group_id, ? FROM file_use WHERE group_id = ? AND message_id = ?',
    known?.author_id ?? '',
    groupId,
    messageId,
  )
  forgetAbout(view, groupId, messageId)
}

/**
 * The log holds files of a message that is gone already, because a legal hold keeps them, or because it was posted after the end of its group. They are due to be
 * deleted like those of any other, and are held as it is: a file of which nothing is known is swept within a day.
 */
export function dropFilesOf(view: SqliteView, groupId: string, { attachments, authorId }: MessagePosted): void {
  for (const { fileId } of attachments) {
    view.run('INSERT OR IGNORE INTO file_due VALUES (?, ?, ?)', fileId, groupId, authorId)
  }
}

/** Everything that is stored beside a message goes. */
export function forgetAbout(view: SqliteView, groupId: string, messageId: string): void {
  for (const table of [
    'content_at',
    'file_use',
    'mention',
    'early_answer',
    'reaction',
    'pin',
    'poll_vote',
    'poll_end',
  ]) {
    view.run(`DELETE FROM ${table} WHERE group_id = ? AND message_id = ?`, groupId, messageId)
  }
  view.run('DELETE FROM early_edit WHERE group_id = ? AND id = ?', groupId, messageId)
  forgetReportsOfMessage(view, groupId, messageId)
}

function empty(view: SqliteView, groupId: string, { key, body }: StoredMessage): void {
  const content = fromBinary(MessagePostedSchema, body)
  const answered = content.threadId || content.alsoInThread
  const place = toBinary(MessagePostedSchema, placeOf(content))
  view.run('UPDATE message SET deleted = 1, edited_at = 0, body = ? WHERE key = ?', place, key)
  unindex(view, key, content, markOfGroup(view, groupId))
  if (answered === '') return
  view.run('UPDATE thread SET replies = replies - 1 WHERE group_id = ? AND id = ?', groupId, answered)
}
