import type { SqliteView } from '@beseda/event-log'
import { MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { fromBinary } from '@bufbuild/protobuf'
import { markOfGroup, unindex } from '../../../messages/adapters/views/word-index.js'
import { forgetReportsOfGroup } from '../../../moderation/adapters/views/report-view.js'

/** Tables with rows of a group that go with it. */
const TABLES = [
  'member',
  'mute',
  'webhook',
  'message',
  'early_edit',
  'deletion',
  'thread',
  'thread_part',
  'thread_choice',
  'reaction',
  'pin',
  'mention',
  'early_answer',
  'read_mark',
  'thread_mark',
  'hidden',
  'content_at',
  'erasure_due',
  'audit',
  'audit_words',
  'call_record',
  'schedule',
  'attendance',
  'schedule_command',
  'close_due',
  'file_use',
]

/** Only the fact that the group was is kept. Its messages are due to be purged from the log, its files to be deleted. */
export function dropGroup(view: SqliteView, groupId: string, seq: number): void {
  view.run(
    `INSERT OR IGNORE INTO file_due SELECT file_id, group_id, author_id FROM file_use JOIN message USING (group_id)
     WHERE group_id = ? AND message.id = file_use.message_id`,
    groupId,
  )
  view.run(
    "INSERT OR IGNORE INTO file_due SELECT avatar_file_id, id, '' FROM grp WHERE id = ? AND avatar_file_id <> ''",
    groupId,
  )
  view.run(
    'INSERT OR IGNORE INTO purge_author SELECT DISTINCT group_id, author_id FROM message WHERE group_id = ?',
    groupId,
  )
  unindexMessages(view, groupId)
  for (const table of TABLES) view.run(`DELETE FROM ${table} WHERE group_id = ?`, groupId)
  view.run(
    "UPDATE grp SET deleted = 1, name = '', topic = '', avatar_file_id = '', settings = NULL WHERE id = ?",
    groupId,
  )
  forgetReportsOfGroup(view, groupId)
  view.run('INSERT OR REPLACE INTO purge_due VALUES (?, ?)', groupId, seq)
}

/** The index of words keeps no texts, so every message is named while it is still there. */
function unindexMessages(view: SqliteView, groupId: string): void {
  const mark = markOfGroup(view, groupId)
  const sql = 'SELECT key, body FROM message WHERE group_id = ? AND deleted = 0'
  for (const { key, body } of view.all<{ key: number; body: Uint8Array }>(sql, groupId)) {
    unindex(view, key, fromBinary(MessagePostedSchema, body), mark)
  }
}
