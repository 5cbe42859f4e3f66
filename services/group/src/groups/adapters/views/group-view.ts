import type { SqliteView } from '@beseda/event-log'
import {
  type GroupCreated,
  GroupSettingsSchema,
  type GroupUpdated,
  MessagePostedSchema,
} from '@beseda/proto/group/v1/events'
import type { MemberMuted } from '@beseda/proto/membership/v1/events'
import { rosterChanges } from '@beseda/rules'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { marker, unindex } from '../../../messages/adapters/views/word-index.js'
import { forgetReportsOfGroup } from '../../../moderation/adapters/views/report-view.js'
import type { Placed } from '../../../view/history-view.js'

/** Unknown groups count as deleted: nothing comes before the founding. */
export const isDeleted = (view: SqliteView, groupId: string): boolean =>
  view.get<{ deleted: number }>('SELECT deleted FROM grp WHERE id = ?', groupId)?.deleted !== 0

/** Founding, settings, people, webhooks, end. */
export function applyGroupEvent(view: SqliteView, placed: Placed): void {
  const { groupId, seq, at, event } = placed
  const { body, actorId, commandId } = event
  if (body.case === 'groupCreated') created(view, placed, body.value)
  if (isDeleted(view, groupId)) return
  if (body.case === 'groupUpdated') updated(view, groupId, body.value)
  for (const { userId, role } of rosterChanges(body)) {
    if (role === undefined) leave(view, groupId, userId)
    else
      view.runNamed(
        `INSERT INTO member (group_id, user_id, role, joined_seq, muted_until)
         VALUES (:groupId, :userId, :role, :seq, COALESCE((SELECT until FROM mute WHERE group_id = :groupId AND user_id = :userId), 0))
         ON CONFLICT DO UPDATE SET role = excluded.role`,
        { ':groupId': groupId, ':userId': userId, ':role': role, ':seq': seq },
      )
  }
  if (body.case === 'memberMuted') muted(view, groupId, body.value)
  if (body.case === 'webhookCreated') {
    const { webhookId, name, tokenHash } = body.value
    view.run(
      'INSERT OR IGNORE INTO webhook VALUES (?, ?, ?, ?, ?, ?)',
      webhookId,
      groupId,
      name,
      tokenHash,
      actorId,
      at,
    )
  }
  if (body.case === 'webhookDeleted') view.run('DELETE FROM webhook WHERE id = ?', body.value.webhookId)
  if (body.case?.startsWith('group') || body.case?.startsWith('webhook')) {
    view.run('INSERT OR IGNORE INTO command VALUES (?, ?, ?, ?)', commandId, groupId, actorId, seq)
  }
  if (body.case === 'groupDeleted') ended(view, groupId, seq)
}

/** Also when they leave and come back. */
function muted(view: SqliteView, groupId: string, { userId, until }: MemberMuted): void {
  const ms = until ? timestampMs(until) : 0
  view.run('INSERT OR REPLACE INTO mute VALUES (?, ?, ?)', groupId, userId, ms)
  view.run('UPDATE member SET muted_until = ? WHERE group_id = ? AND user_id = ?', ms, groupId, userId)
}

/** The last one to leave leaves a group that has to be closed. */
function leave(view: SqliteView, groupId: string, userId: string): void {
  view.run('DELETE FROM member WHERE group_id = ? AND user_id = ?', groupId, userId)
  if (view.get('SELECT 1 FROM member WHERE group_id = ? LIMIT 1', groupId) === undefined) {
    view.run('INSERT OR IGNORE INTO close_due VALUES (?)', groupId)
  }
}

function created(view: SqliteView, { groupId, seq, at, event }: Placed, { kind, name, topic }: GroupCreated): void {
  view.run(
    `INSERT OR IGNORE INTO grp (id, kind, name, topic, created_at, founder_id, group_seq, number)
     VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(number), 0) + 1 FROM grp))`,
    groupId,
    kind,
    name,
    topic,
    at,
    event.actorId,
    seq,
  )
}

function updated(
  view: SqliteView,
  groupId: string,
  { name, topic, avatarFileId, archived, settings }: GroupUpdated,
): void {
  if (avatarFileId !== undefined) avatarChanged(view, groupId, avatarFileId)
  view.run(
    `UPDATE grp SET name = COALESCE(?, name), topic = COALESCE(?, topic), avatar_file_id = COALESCE(?, avatar_file_id),
       archived = COALESCE(?, archived), settings = COALESCE(?, settings) WHERE id = ?`,
    name ?? null,
    topic ?? null,
    avatarFileId ?? null,
    archived === undefined ? null : Number(archived),
    settings ? toBinary(GroupSettingsSchema, settings) : null,
    groupId,
  )
}

/** The picture before is no longer needed. */
function avatarChanged(view: SqliteView, groupId: string, fileId: string): void {
  const before = view.get<{ id: string }>('SELECT avatar_file_id AS id FROM grp WHERE id = ?', groupId)?.id
  if (before && before !== fileId) view.run('INSERT OR IGNORE INTO file_due VALUES (?)', before)
}

const OF_A_GROUP = [
  'member',
  'mute',
  'webhook',
  'message',
  'early_edit',
  'deletion',
  'thread',
  'reaction',
  'pin',
  'mention',
  'early_answer',
  'read_mark',
  'hidden',
]
const AFTER_MESSAGES = ['content_at', 'erasure_due', 'audit']

/** Nothing of it stays but the fact that it was; its messages are purged from the log, its files from the store. */
function ended(view: SqliteView, groupId: string, seq: number): void {
  view.run('INSERT OR IGNORE INTO file_due SELECT DISTINCT file_id FROM file_use WHERE group_id = ?', groupId)
  view.run('DELETE FROM file_use WHERE group_id = ?', groupId)
  avatarChanged(view, groupId, '')
  const mark = marker(view, groupId)
  for (const { key, body } of view.all<{ key: number; body: Uint8Array }>(
    'SELECT key, body FROM message WHERE group_id = ? AND deleted = 0',
    groupId,
  )) {
    unindex(view, key, fromBinary(MessagePostedSchema, body), mark)
  }
  for (const table of [...OF_A_GROUP, ...AFTER_MESSAGES]) view.run(`DELETE FROM ${table} WHERE group_id = ?`, groupId)
  view.run(
    "UPDATE grp SET deleted = 1, name = '', topic = '', avatar_file_id = '', settings = NULL WHERE id = ?",
    groupId,
  )
  forgetReportsOfGroup(view, groupId)
  view.run('DELETE FROM close_due WHERE group_id = ?', groupId)
  view.run('INSERT OR REPLACE INTO purge_due VALUES (?, ?)', groupId, seq)
}
