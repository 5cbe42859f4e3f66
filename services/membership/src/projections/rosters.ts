import type { SqliteView, StoredCommit, ViewDefinition } from '@beseda/event-log'
import { rosterChanges } from '@beseda/kernel'
import { parseHistorySubject } from '@beseda/proto'
import type { Event } from '@beseda/proto/log/v1/commit'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { inviteChange } from '../domain/roster.js'
import { inviteById, saveInvite } from './invites.js'

/** Rosters and invites of all groups, and when each was last active. */
export const rostersView: ViewDefinition = {
  name: 'rosters',
  version: 1,
  schema: `
    CREATE TABLE grp (
      id TEXT PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL, topic TEXT NOT NULL, deleted INTEGER NOT NULL DEFAULT 0,
      roster_seq INTEGER NOT NULL DEFAULT 0, last_activity_at INTEGER NOT NULL, last_message_seq INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE TABLE member (
      group_id TEXT NOT NULL, user_id TEXT NOT NULL, role INTEGER NOT NULL, joined_at INTEGER NOT NULL, PRIMARY KEY (group_id, user_id)
    ) WITHOUT ROWID;
    CREATE INDEX member_user ON member (user_id);
    CREATE TABLE invite (
      id TEXT PRIMARY KEY, group_id TEXT NOT NULL, code_hash BLOB NOT NULL, created_by TEXT NOT NULL, created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL, max_uses INTEGER NOT NULL, uses INTEGER NOT NULL, role INTEGER NOT NULL, revoked INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX invite_code ON invite (code_hash);
    CREATE INDEX invite_group ON invite (group_id);
    CREATE TABLE command (id TEXT PRIMARY KEY, actor_id TEXT NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
  `,

  apply(view, stored) {
    const place = parseHistorySubject(stored.subject)
    if (!place) return
    const { groupId, lane } = place
    const at = stored.commit.time ? timestampMs(stored.commit.time) : 0
    if (lane === 'roster') view.run('UPDATE grp SET roster_seq = ? WHERE id = ?', stored.seq, groupId)
    if (lane === 'messages') {
      view.run('UPDATE grp SET last_activity_at = ?, last_message_seq = ? WHERE id = ?', at, stored.seq, groupId)
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
      'INSERT OR IGNORE INTO grp (id, kind, name, topic, last_activity_at) VALUES (?, ?, ?, ?, ?)',
      groupId,
      kind,
      name,
      topic,
      at,
    )
  }
  // Nothing comes before the founding or after the end.
  if (view.get<{ deleted: number }>('SELECT deleted FROM grp WHERE id = ?', groupId)?.deleted !== 0) return
  if (body.case === 'groupUpdated') {
    const { name, topic } = body.value
    view.run(
      'UPDATE grp SET name = COALESCE(?, name), topic = COALESCE(?, topic) WHERE id = ?',
      name ?? null,
      topic ?? null,
      groupId,
    )
  }
  if (body.case === 'groupDeleted') end(view, groupId)
  for (const { userId, role } of rosterChanges(body)) {
    if (role === undefined) view.run('DELETE FROM member WHERE group_id = ? AND user_id = ?', groupId, userId)
    else
      view.run(
        'INSERT INTO member VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET role = excluded.role',
        groupId,
        userId,
        role,
        at,
      )
  }
  const invite = inviteChange({ get: (id) => inviteById(view, id) }, body, actorId)
  if (invite) saveInvite(view, groupId, invite, at)
  view.run('INSERT OR IGNORE INTO command VALUES (?, ?, ?)', commandId, actorId, stored.seq)
}

function end(view: SqliteView, groupId: string): void {
  view.run('UPDATE grp SET deleted = 1 WHERE id = ?', groupId)
  view.run('DELETE FROM member WHERE group_id = ?', groupId)
  view.run('DELETE FROM invite WHERE group_id = ?', groupId)
}
