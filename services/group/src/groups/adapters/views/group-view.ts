import type { SqliteView } from '@beseda/event-log'
import { GroupSettingsSchema } from '@beseda/proto/group/v1/events'
import { toBinary } from '@bufbuild/protobuf'
import type { Placed } from '../../../view/placed.js'
import { changesOf, type GroupChange } from '../../domain/group-changes.js'
import { dropGroup } from './group-removal.js'
import { applyRosterEvent } from './member-view.js'

/** Groups, their webhooks, and the results of the commands on them. `founder_id` is the actor of the first event. */
export const GROUPS_SCHEMA = `
  CREATE TABLE grp (
    id TEXT PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL, topic TEXT NOT NULL, created_at INTEGER NOT NULL,
    founder_id TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0, group_seq INTEGER NOT NULL, roster_seq INTEGER NOT NULL DEFAULT 0,
    messages_seq INTEGER NOT NULL DEFAULT 0, avatar_file_id TEXT NOT NULL DEFAULT '', archived INTEGER NOT NULL DEFAULT 0,
    settings BLOB, number INTEGER NOT NULL UNIQUE, pins_seq INTEGER NOT NULL DEFAULT 0,
    schedule_seq INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE TABLE webhook (
    id TEXT NOT NULL, group_id TEXT NOT NULL, name TEXT NOT NULL, token_hash BLOB NOT NULL, created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL, PRIMARY KEY (group_id, id)
  ) WITHOUT ROWID;
  CREATE INDEX webhook_token ON webhook (token_hash);
  CREATE TABLE command (id TEXT PRIMARY KEY, group_id TEXT NOT NULL, actor_id TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE close_due (group_id TEXT PRIMARY KEY) WITHOUT ROWID;
  CREATE TABLE purge_due (group_id TEXT PRIMARY KEY, upto_seq INTEGER NOT NULL) WITHOUT ROWID;
  CREATE TABLE purge_author (group_id TEXT NOT NULL, author_id TEXT NOT NULL, PRIMARY KEY (group_id, author_id)) WITHOUT ROWID;
`

/** An unknown group counts as deleted: no event of a group comes before its creation. */
export const isDeleted = (view: SqliteView, groupId: string): boolean =>
  view.get<{ deleted: number }>('SELECT deleted FROM grp WHERE id = ?', groupId)?.deleted !== 0

/** An event of the lanes `group` and `roster`. */
export function applyGroupEvent(view: SqliteView, placed: Placed): void {
  const { groupId, seq, event } = placed
  const changes = changesOf(event.body)
  for (const change of changes) if (change.type === 'created') insertGroup(view, placed, change)
  if (isDeleted(view, groupId)) return
  applyRosterEvent(view, placed)
  if (changes.length === 0) return
  const { commandId, actorId, body } = event
  view.run('INSERT OR IGNORE INTO command VALUES (?, ?, ?, ?, ?)', commandId, groupId, actorId, seq, body.case ?? '')
  for (const change of changes) apply(view, placed, change)
}

function apply(view: SqliteView, { groupId, seq, at, event }: Placed, change: GroupChange): void {
  switch (change.type) {
    case 'created':
      break
    case 'updated':
      update(view, groupId, change)
      break
    case 'deleted':
      dropGroup(view, groupId, seq)
      break
    case 'webhookCreated': {
      const { webhookId, name, tokenHash } = change
      const values = [webhookId, groupId, name, tokenHash, event.actorId, at]
      view.run('INSERT OR IGNORE INTO webhook VALUES (?, ?, ?, ?, ?, ?)', ...values)
      break
    }
    case 'webhookDeleted':
      view.run('DELETE FROM webhook WHERE group_id = ? AND id = ?', groupId, change.webhookId)
  }
}

function insertGroup(
  view: SqliteView,
  { groupId, seq, at, event }: Placed,
  { kind, name, topic }: Extract<GroupChange, { type: 'created' }>,
): void {
  view.run(
    `INSERT OR IGNORE INTO grp (id, kind, name, topic, created_at, founder_id, group_seq, number)
     VALUES (?, ?, ?, ?, ?, ?, ?, (SELECT COALESCE(MAX(number), 0) + 1 FROM grp))`,
    ...[groupId, kind, name, topic, at, event.actorId, seq],
  )
}

function update(view: SqliteView, groupId: string, change: Extract<GroupChange, { type: 'updated' }>): void {
  const { name, topic, avatarFileId, archived, settings } = change
  if (avatarFileId !== undefined) releaseAvatar(view, groupId, avatarFileId)
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

/** The picture that another one replaces is due to be deleted. */
function releaseAvatar(view: SqliteView, groupId: string, fileId: string): void {
  const before = view.get<{ id: string }>('SELECT avatar_file_id AS id FROM grp WHERE id = ?', groupId)?.id
  if (before && before !== fileId) view.run('INSERT OR IGNORE INTO file_due VALUES (?, ?, ?)', before, groupId, '')
}
