import type { SqliteView } from '@beseda/event-log'
import { GroupSettingsSchema } from '@beseda/proto/group/v1/events'
import { foldText } from '@beseda/rules'
import { toBinary } from '@bufbuild/protobuf'
import type { Change, GroupUpdate } from '../../domain/roster/changes.js'
import type { Invite } from '../../domain/roster/roster.js'
import { applyNotice } from './notice-changes.js'

/** What `evolve` does to maps, done to the tables of the view. */
export function applyChange(view: SqliteView, groupId: string, change: Change): void {
  switch (change.type) {
    case 'putGroup':
      view.run(
        'INSERT INTO grp (id, kind, name, topic, last_activity_at, search_name) VALUES (?, ?, ?, ?, ?, ?)',
        groupId,
        change.kind,
        change.name,
        change.topic,
        change.at,
        foldText(change.name),
      )
      return
    case 'updateGroup':
      updateGroup(view, groupId, change)
      return
    case 'endGroup':
      view.run("UPDATE grp SET deleted = 1, name = '', search_name = '', topic = '' WHERE id = ?", groupId)
      for (const table of ['member', 'mute', 'ban', 'join_request', 'invite'])
        view.run(`DELETE FROM ${table} WHERE group_id = ?`, groupId)
      return
    case 'putMember': {
      const { role, joinedAt, ordinal } = change.member
      view.run(
        'INSERT INTO member VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET role = excluded.role',
        groupId,
        change.userId,
        role,
        joinedAt,
        ordinal.seq,
        ordinal.index,
      )
      return
    }
    case 'dropMember':
      view.run('DELETE FROM member WHERE group_id = ? AND user_id = ?', groupId, change.userId)
      return
    case 'putMute':
      view.run('INSERT OR REPLACE INTO mute VALUES (?, ?, ?)', groupId, change.userId, change.until)
      return
    case 'putBan': {
      const { reason, bannedBy, bannedAt, expiresAt } = change.ban
      view.run(
        'INSERT OR REPLACE INTO ban VALUES (?, ?, ?, ?, ?, ?)',
        groupId,
        change.userId,
        isGone(view, change.userId) || isGone(view, bannedBy) ? '' : reason,
        bannedBy,
        bannedAt,
        expiresAt,
      )
      return
    }
    case 'dropBan':
      view.run('DELETE FROM ban WHERE group_id = ? AND user_id = ?', groupId, change.userId)
      return
    case 'putRequest': {
      const { inviteId, note, requestedAt } = change.request
      view.run(
        'INSERT OR REPLACE INTO join_request VALUES (?, ?, ?, ?, ?)',
        groupId,
        change.userId,
        inviteId,
        note,
        requestedAt,
      )
      return
    }
    case 'dropRequest':
      view.run('DELETE FROM join_request WHERE group_id = ? AND user_id = ?', groupId, change.userId)
      return
    case 'putInvite':
      setInvite(view, groupId, change.invite)
      return
    case 'closeInvite':
      view.run('UPDATE invite SET revoked = 1 WHERE group_id = ? AND id = ?', groupId, change.inviteId)
      return
    case 'countUse':
      view.run('UPDATE invite SET uses = uses + 1 WHERE group_id = ? AND id = ?', groupId, change.inviteId)
      return
    default:
      applyNotice(view, groupId, change)
  }
}

const isGone = (view: SqliteView, userId: string): boolean =>
  view.get('SELECT 1 FROM deleted_account WHERE user_id = ?', userId) !== undefined

function updateGroup(view: SqliteView, groupId: string, update: GroupUpdate): void {
  const { name, topic, avatarFileId, archived, settings } = update
  view.run(
    `UPDATE grp SET name = COALESCE(?, name), search_name = COALESCE(?, search_name), topic = COALESCE(?, topic),
       avatar_file_id = COALESCE(?, avatar_file_id), archived = COALESCE(?, archived), settings = COALESCE(?, settings),
       discoverability = COALESCE(?, discoverability) WHERE id = ?`,
    name ?? null,
    name === undefined ? null : foldText(name),
    topic ?? null,
    avatarFileId ?? null,
    archived === undefined ? null : Number(archived),
    settings ? toBinary(GroupSettingsSchema, settings) : null,
    settings?.discoverability ?? null,
    groupId,
  )
}

function setInvite(view: SqliteView, groupId: string, invite: Invite): void {
  view.run(
    'INSERT OR REPLACE INTO invite VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
    groupId,
    invite.id,
    invite.codeHash,
    invite.createdBy,
    invite.createdAt,
    invite.expiresAt,
    invite.maxUses,
    invite.uses,
    invite.role,
    Number(invite.revoked),
    Number(invite.needsApproval),
    invite.commandId,
    invite.name,
  )
}
