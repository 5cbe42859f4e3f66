import type { SqliteView, StoredCommit, ViewDefinition } from '@beseda/event-log'
import { parseHistorySubject, parsePeopleSubject } from '@beseda/proto'
import { Discoverability, GroupSettingsSchema } from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { foldText, rosterChanges } from '@beseda/rules'
import { toBinary } from '@bufbuild/protobuf'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { inviteChange } from '../domain/invite.js'
import { inviteById, saveInvite } from './invites.js'

/** Rosters and invites of all groups, and when each was last active. */
export const rostersView: ViewDefinition = {
  name: 'rosters',
  version: 4,
  schema: `
    CREATE TABLE grp (
      id TEXT PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL, topic TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,
      roster_seq INTEGER NOT NULL DEFAULT 0, last_activity_at INTEGER NOT NULL, last_message_seq INTEGER NOT NULL DEFAULT 0,
      avatar_file_id TEXT NOT NULL DEFAULT '', archived INTEGER NOT NULL DEFAULT 0, settings BLOB, discoverability INTEGER NOT NULL DEFAULT 0,
      search_name TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE INDEX grp_found ON grp (discoverability) WHERE discoverability > ${Discoverability.HIDDEN} AND deleted = 0;
    CREATE TABLE member (
      group_id TEXT NOT NULL, user_id TEXT NOT NULL, role INTEGER NOT NULL, joined_at INTEGER NOT NULL, joined_seq INTEGER NOT NULL,
      muted_until INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (group_id, user_id)
    ) WITHOUT ROWID;
    CREATE INDEX member_user ON member (user_id);
    CREATE TABLE mute (group_id TEXT NOT NULL, user_id TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (group_id, user_id)) WITHOUT ROWID;
    CREATE TABLE invite (
      id TEXT PRIMARY KEY, group_id TEXT NOT NULL, code_hash BLOB NOT NULL, created_by TEXT NOT NULL, created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL, max_uses INTEGER NOT NULL, uses INTEGER NOT NULL, role INTEGER NOT NULL, revoked INTEGER NOT NULL,
      needs_approval INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX invite_code ON invite (code_hash);
    CREATE INDEX invite_group ON invite (group_id);
    CREATE TABLE ban (
      group_id TEXT NOT NULL, user_id TEXT NOT NULL, reason TEXT NOT NULL, banned_by TEXT NOT NULL, banned_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL, PRIMARY KEY (group_id, user_id)
    ) WITHOUT ROWID;
    CREATE TABLE join_request (
      group_id TEXT NOT NULL, user_id TEXT NOT NULL, invite_id TEXT NOT NULL, note TEXT NOT NULL, requested_at INTEGER NOT NULL,
      PRIMARY KEY (group_id, user_id)
    ) WITHOUT ROWID;
    CREATE TABLE gone (user_id TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE block (user_id TEXT NOT NULL, other_id TEXT NOT NULL, PRIMARY KEY (user_id, other_id)) WITHOUT ROWID;
    CREATE TABLE command (id TEXT PRIMARY KEY, actor_id TEXT NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
  `,

  apply(view, stored) {
    const place = parseHistorySubject(stored.subject)
    if (!place) {
      applyPeople(view, stored)
      return
    }
    const { groupId, lane } = place
    const at = stored.commit.time ? timestampMs(stored.commit.time) : 0
    if (lane === 'roster') view.run('UPDATE grp SET roster_seq = ? WHERE id = ?', stored.seq, groupId)
    if (lane === 'messages') {
      if (stored.commit.events.some(({ body }) => body.case === 'messagePosted')) {
        view.run('UPDATE grp SET last_activity_at = ?, last_message_seq = ? WHERE id = ?', at, stored.seq, groupId)
      }
      return
    }
    for (const event of stored.commit.events) applyEvent(view, stored, groupId, event, at)
  },
}

function applyEvent(view: SqliteView, stored: StoredCommit, groupId: string, event: Event, at: number): void {
  const { body, commandId, actorId } = event
  if (body.case === 'groupCreated') {
    const { kind, name, topic } = body.value
    view.run(
      'INSERT OR IGNORE INTO grp (id, kind, name, topic, last_activity_at, search_name) VALUES (?, ?, ?, ?, ?, ?)',
      groupId,
      kind,
      name,
      topic,
      at,
      foldText(name),
    )
  }
  // Nothing comes before the founding or after the end.
  if (view.get<{ deleted: number }>('SELECT deleted FROM grp WHERE id = ?', groupId)?.deleted !== 0) return
  if (body.case === 'groupUpdated') {
    const { name, topic, avatarFileId, archived, settings } = body.value
    view.run(
      `UPDATE grp SET name = COALESCE(?, name), topic = COALESCE(?, topic), avatar_file_id = COALESCE(?, avatar_file_id),
         search_name = COALESCE(?, search_name),
         archived = COALESCE(?, archived), settings = COALESCE(?, settings), discoverability = COALESCE(?, discoverability) WHERE id = ?`,
      name ?? null,
      topic ?? null,
      avatarFileId ?? null,
      name === undefined ? null : foldText(name),
      archived === undefined ? null : Number(archived),
      settings ? toBinary(GroupSettingsSchema, settings) : null,
      settings?.discoverability ?? null,
      groupId,
    )
  }
  if (body.case === 'groupDeleted') end(view, groupId)
  applyEntry(view, groupId, body, actorId, at)
  for (const { userId, role } of rosterChanges(body)) {
    view.run('DELETE FROM join_request WHERE group_id = ? AND user_id = ?', groupId, userId)
    if (role === undefined) view.run('DELETE FROM member WHERE group_id = ? AND user_id = ?', groupId, userId)
    else
      view.runNamed(
        `INSERT INTO member (group_id, user_id, role, joined_at, joined_seq, muted_until)
         VALUES (:groupId, :userId, :role, :at, :seq, COALESCE((SELECT until FROM mute WHERE group_id = :groupId AND user_id = :userId), 0))
         ON CONFLICT DO UPDATE SET role = excluded.role`,
        { ':groupId': groupId, ':userId': userId, ':role': role, ':at': at, ':seq': stored.seq },
      )
  }
  const invite = inviteChange({ get: (id) => inviteById(view, id) }, body, actorId)
  if (invite) saveInvite(view, groupId, invite, at)
  view.run('INSERT OR IGNORE INTO command VALUES (?, ?, ?)', commandId, actorId, stored.seq)
}

/** Who is kept out, silent, or waiting to be let in. */
function applyEntry(view: SqliteView, groupId: string, body: Event['body'], actorId: string, at: number): void {
  if (body.case === 'memberBanned') {
    const { userId, reason, expiresAt } = body.value
    view.run(
      'INSERT OR REPLACE INTO ban VALUES (?, ?, ?, ?, ?, ?)',
      groupId,
      userId,
      reason,
      actorId,
      at,
      expiresAt ? timestampMs(expiresAt) : 0,
    )
  } else if (body.case === 'memberUnbanned') {
    view.run('DELETE FROM ban WHERE group_id = ? AND user_id = ?', groupId, body.value.userId)
  } else if (body.case === 'memberMuted') {
    const { userId, until } = body.value
    const mutedUntil = until ? timestampMs(until) : 0
    // Kept for who leaves and comes back.
    view.run('INSERT OR REPLACE INTO mute VALUES (?, ?, ?)', groupId, userId, mutedUntil)
    view.run('UPDATE member SET muted_until = ? WHERE group_id = ? AND user_id = ?', mutedUntil, groupId, userId)
  } else if (body.case === 'joinRequested') {
    const { userId, inviteId, note } = body.value
    view.run('INSERT OR REPLACE INTO join_request VALUES (?, ?, ?, ?, ?)', groupId, userId, inviteId, note, at)
  } else if (body.case === 'joinDeclined') {
    view.run('DELETE FROM join_request WHERE group_id = ? AND user_id = ?', groupId, body.value.userId)
  }
}

function applyPeople(view: SqliteView, { subject, commit }: StoredCommit): void {
  const person = parsePeopleSubject(subject)
  if (!person) return
  const { userId, otherId } = person
  for (const { body } of commit.events) {
    if (body.case === 'personGone') view.run('INSERT OR IGNORE INTO gone VALUES (?)', userId)
    if (body.case !== 'blockChanged' || otherId === undefined) continue
    if (body.value.blocked) view.run('INSERT OR IGNORE INTO block VALUES (?, ?)', userId, otherId)
    else view.run('DELETE FROM block WHERE user_id = ? AND other_id = ?', userId, otherId)
  }
}

function end(view: SqliteView, groupId: string): void {
  view.run('UPDATE grp SET deleted = 1 WHERE id = ?', groupId)
  view.run('DELETE FROM member WHERE group_id = ?', groupId)
  for (const table of ['invite', 'ban', 'mute', 'join_request'])
    view.run(`DELETE FROM ${table} WHERE group_id = ?`, groupId)
}
