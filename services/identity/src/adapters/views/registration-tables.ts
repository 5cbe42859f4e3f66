import type { SqliteView, StoredCommit } from '@beseda/event-log'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { type InviteChange, inviteChangesOf } from '../../domain/registration/account-invite.js'
import { noteCommand } from './command-table.js'

/** Who may register: the rule, and links with which people do. An invite without a row in `account_invite` belongs to a group. */
export const REGISTRATION_SCHEMA = `
  CREATE TABLE registration (rule INTEGER NOT NULL, seq INTEGER NOT NULL);
  CREATE TABLE account_invite (
    id TEXT PRIMARY KEY, code_hash BLOB NOT NULL UNIQUE, name TEXT NOT NULL, created_by TEXT NOT NULL, created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL, max_uses INTEGER NOT NULL, revoked INTEGER NOT NULL DEFAULT 0, created_seq INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE invite_use (invite_id TEXT NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (invite_id, user_id)) WITHOUT ROWID;
  CREATE TABLE invite_subject (invite_id TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
`

/** Subject `identity.registration`. */
export function applyRule(view: SqliteView, { seq, commit }: StoredCommit): void {
  for (const { body, commandId } of commit.events) {
    if (body.case !== 'registrationRuleChanged') continue
    view.run('DELETE FROM registration')
    view.run('INSERT INTO registration VALUES (?, ?)', body.value.rule, seq)
    noteCommand(view, commandId, seq)
  }
}

/** Subjects `identity.invite.*`. */
export function applyInvite(view: SqliteView, inviteId: string, { seq, commit }: StoredCommit): void {
  const at = commit.time ? timestampMs(commit.time) : 0
  for (const { body, actorId, commandId } of commit.events) {
    for (const change of inviteChangesOf(body)) apply(view, inviteId, change, { seq, at, actorId })
    noteCommand(view, commandId, seq)
  }
  view.run('INSERT OR REPLACE INTO invite_subject VALUES (?, ?)', inviteId, seq)
}

interface Origin {
  readonly seq: number
  readonly at: number
  readonly actorId: string
}

function apply(view: SqliteView, inviteId: string, change: InviteChange, { seq, at, actorId }: Origin): void {
  switch (change.kind) {
    case 'created': {
      const { codeHash, name, expiresAt, maxUses } = change.terms
      view.run(
        'INSERT OR IGNORE INTO account_invite VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?)',
        inviteId,
        codeHash,
        name,
        actorId,
        at,
        expiresAt,
        maxUses,
        seq,
      )
      return
    }
    case 'revoked':
      view.run('UPDATE account_invite SET revoked = 1 WHERE id = ?', inviteId)
      return
    case 'used':
      view.run('INSERT OR IGNORE INTO invite_use VALUES (?, ?)', inviteId, change.userId)
  }
}
