import type { SqliteView, StoredCommit, ViewDefinition } from '@beseda/event-log'
import { BESIDE_MESSAGES } from '@beseda/history'
import { parseHistorySubject, parsePeopleSubject } from '@beseda/proto'
import { Discoverability, GroupKind } from '@beseda/proto/group/v1/events'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { digest } from '../../application/digest.js'
import { changesOf, isEffective, rosterEventsOf } from '../../domain/roster/changes.js'
import { writtenOf } from '../../domain/roster/repeats.js'
import { applyChange } from './roster-changes.js'
import { statusOf } from './roster-store.js'

/** The rosters of all groups, what is shown of the groups, deleted accounts, blocks between people and whom they let add them. */
export const rosterView: ViewDefinition = {
  name: 'rosters',
  version: 13,
  schema: `
    CREATE TABLE grp (
      id TEXT PRIMARY KEY, kind INTEGER NOT NULL, name TEXT NOT NULL, topic TEXT NOT NULL, avatar_file_id TEXT NOT NULL DEFAULT '',
      archived INTEGER NOT NULL DEFAULT 0, settings BLOB, discoverability INTEGER NOT NULL DEFAULT 0, deleted INTEGER NOT NULL DEFAULT 0,
      search_name TEXT NOT NULL, roster_seq INTEGER NOT NULL DEFAULT 0, last_activity_at INTEGER NOT NULL,
      last_message_seq INTEGER NOT NULL DEFAULT 0
    ) WITHOUT ROWID;
    CREATE INDEX grp_found ON grp (discoverability) WHERE discoverability > ${Discoverability.HIDDEN} AND deleted = 0;
    CREATE TABLE member (
      group_id TEXT NOT NULL, user_id TEXT NOT NULL, role INTEGER NOT NULL, joined_at INTEGER NOT NULL,
      joined_seq INTEGER NOT NULL, joined_index INTEGER NOT NULL, PRIMARY KEY (group_id, user_id)
    ) WITHOUT ROWID;
    CREATE INDEX member_user ON member (user_id);
    CREATE TABLE mute (
      group_id TEXT NOT NULL, user_id TEXT NOT NULL, until INTEGER NOT NULL, PRIMARY KEY (group_id, user_id)
    ) WITHOUT ROWID;
    CREATE TABLE ban (
      group_id TEXT NOT NULL, user_id TEXT NOT NULL, reason TEXT NOT NULL, banned_by TEXT NOT NULL, banned_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL, PRIMARY KEY (group_id, user_id)
    ) WITHOUT ROWID;
    CREATE TABLE join_request (
      group_id TEXT NOT NULL, user_id TEXT NOT NULL, invite_id TEXT NOT NULL, note TEXT NOT NULL, requested_at INTEGER NOT NULL,
      PRIMARY KEY (group_id, user_id)
    ) WITHOUT ROWID;
    CREATE INDEX join_request_user ON join_request (user_id);
    CREATE TABLE invite (
      group_id TEXT NOT NULL, id TEXT NOT NULL, code_hash BLOB NOT NULL, created_by TEXT NOT NULL, created_at INTEGER NOT NULL,
      expires_at INTEGER NOT NULL, max_uses INTEGER NOT NULL, uses INTEGER NOT NULL, role INTEGER NOT NULL, revoked INTEGER NOT NULL,
      needs_approval INTEGER NOT NULL, command_id TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (group_id, id)
    ) WITHOUT ROWID;
    CREATE INDEX invite_code ON invite (code_hash);
    CREATE TABLE notice (
      user_id TEXT NOT NULL, group_id TEXT NOT NULL, kind INTEGER NOT NULL, group_name TEXT NOT NULL, avatar_file_id TEXT NOT NULL,
      by_user_id TEXT NOT NULL, reason TEXT NOT NULL, expires_at INTEGER NOT NULL, at INTEGER NOT NULL, seq INTEGER NOT NULL,
      PRIMARY KEY (user_id, group_id)
    ) WITHOUT ROWID;
    CREATE TABLE deleted_account (user_id TEXT PRIMARY KEY) WITHOUT ROWID;
    CREATE TABLE block (user_id TEXT NOT NULL, other_id TEXT NOT NULL, PRIMARY KEY (user_id, other_id)) WITHOUT ROWID;
    CREATE TABLE privacy (user_id TEXT PRIMARY KEY, who_may_add INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE wrote_in_chat (group_id TEXT NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (group_id, user_id)) WITHOUT ROWID;
    CREATE TABLE command (
      id TEXT PRIMARY KEY, group_id TEXT NOT NULL, actor_id TEXT NOT NULL, seq INTEGER NOT NULL, kind TEXT NOT NULL, about TEXT NOT NULL,
      terms TEXT NOT NULL
    ) WITHOUT ROWID;
  `,

  /** All but messages, of which it keeps only when the newest was posted. */
  prompt: [...BESIDE_MESSAGES, 'people.>'],

  apply(view, stored) {
    const history = parseHistorySubject(stored.subject)
    if (!history) applyPeople(view, stored)
    else if (history.lane === 'messages') applyMessages(view, history.groupId, stored)
    else {
      if (history.lane === 'roster') {
        view.run('UPDATE grp SET roster_seq = ? WHERE id = ?', stored.seq, history.groupId)
      }
      applyRoster(view, history.groupId, stored)
    }
  },
}

function applyRoster(view: SqliteView, groupId: string, stored: StoredCommit): void {
  for (const event of rosterEventsOf(stored)) {
    if (!isEffective(event.body, statusOf(view, groupId))) continue
    for (const change of changesOf(event)) applyChange(view, groupId, change)
  }
  noteCommand(view, groupId, stored)
}

/** A commit of these lanes has the events of one command. */
function noteCommand(view: SqliteView, groupId: string, { seq, commit }: StoredCommit): void {
  const [first] = commit.events
  if (!first) return
  const at = commit.time ? timestampMs(commit.time) : 0
  const bodies = commit.events.map(({ body }) => body)
  const { kind, about, terms } = writtenOf(bodies, at, digest)
  const values = [first.commandId, groupId, first.actorId, seq, kind, about, terms]
  view.run('INSERT OR IGNORE INTO command VALUES (?, ?, ?, ?, ?, ?, ?)', ...values)
}

function applyMessages(view: SqliteView, groupId: string, { seq, commit }: StoredCommit): void {
  const posts = commit.events.filter(({ body }) => body.case === 'messagePosted')
  if (posts.length === 0) return
  const at = commit.time ? timestampMs(commit.time) : 0
  view.run('UPDATE grp SET last_activity_at = ?, last_message_seq = ? WHERE id = ?', at, seq, groupId)
  if (!isDirect(view, groupId)) return
  for (const { actorId } of posts) view.run('INSERT OR IGNORE INTO wrote_in_chat VALUES (?, ?)', groupId, actorId)
}

const isDirect = (view: SqliteView, groupId: string): boolean =>
  view.get(`SELECT 1 FROM grp WHERE id = ? AND kind = ${GroupKind.DIRECT}`, groupId) !== undefined

/** The account is deleted: what others were told of or by this person goes with it. */
function forgetPerson(view: SqliteView, userId: string): void {
  view.run('INSERT OR IGNORE INTO deleted_account VALUES (?)', userId)
  view.run("UPDATE ban SET reason = '' WHERE user_id = ? OR banned_by = ?", userId, userId)
  view.run('DELETE FROM notice WHERE user_id = ?', userId)
  view.run('DELETE FROM privacy WHERE user_id = ?', userId)
  view.run("UPDATE notice SET reason = '' WHERE by_user_id = ?", userId)
}

function applyPeople(view: SqliteView, { subject, commit }: StoredCommit): void {
  const person = parsePeopleSubject(subject)
  if (!person) return
  const { userId, otherId } = person
  for (const { body } of commit.events) {
    if (body.case === 'personGone') forgetPerson(view, userId)
    if (body.case === 'privacyChanged') {
      view.run('INSERT OR REPLACE INTO privacy VALUES (?, ?)', userId, body.value.whoMayAdd)
    }
    if (body.case !== 'blockChanged' || otherId === undefined) continue
    if (body.value.blocked) view.run('INSERT OR IGNORE INTO block VALUES (?, ?)', userId, otherId)
    else view.run('DELETE FROM block WHERE user_id = ? AND other_id = ?', userId, otherId)
  }
}
