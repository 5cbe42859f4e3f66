import type { SqliteView } from '@beseda/event-log'
import type { MemberMuted } from '@beseda/proto/membership/v1/events'
import { rosterChanges } from '@beseda/rules'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { Placed } from '../../../view/placed.js'

/** Members by group. A mute outlasts leaving. `block` and `gone` are what all services may know of people. */
export const MEMBERS_SCHEMA = `
  CREATE TABLE member (
    group_id TEXT NOT NULL, user_id TEXT NOT NULL, role INTEGER NOT NULL, joined_seq INTEGER NOT NULL,
    muted_until INTEGER NOT NULL DEFAULT 0, PRIMARY KEY (group_id, user_id)
  ) WITHOUT ROWID;
  CREATE INDEX member_user ON member (user_id);
  CREATE TABLE mute (group_id TEXT NOT NULL, user_id TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (group_id, user_id)) WITHOUT ROWID;
  CREATE TABLE gone (user_id TEXT PRIMARY KEY, erased INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
  CREATE TABLE block (user_id TEXT NOT NULL, other_id TEXT NOT NULL, PRIMARY KEY (user_id, other_id)) WITHOUT ROWID;
`

/** Who is in the group from this event on, and until when a member may not speak. */
export function applyRosterEvent(view: SqliteView, { groupId, seq, event: { body } }: Placed): void {
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
  if (body.case === 'memberMuted') mute(view, groupId, body.value)
}

/** The mute is kept for a member who leaves and comes back. */
function mute(view: SqliteView, groupId: string, { userId, until }: MemberMuted): void {
  const ms = until ? timestampMs(until) : 0
  view.run('INSERT OR REPLACE INTO mute VALUES (?, ?, ?)', groupId, userId, ms)
  view.run('UPDATE member SET muted_until = ? WHERE group_id = ? AND user_id = ?', ms, groupId, userId)
}

/** A group that its last member leaves is due to be closed. */
function leave(view: SqliteView, groupId: string, userId: string): void {
  view.run('DELETE FROM member WHERE group_id = ? AND user_id = ?', groupId, userId)
  if (view.get('SELECT 1 FROM member WHERE group_id = ? LIMIT 1', groupId) === undefined) {
    view.run('INSERT OR IGNORE INTO close_due VALUES (?)', groupId)
  }
}
