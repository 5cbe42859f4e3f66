import type { SqliteView, StoredCommit, ViewDefinition } from '@beseda/event-log'
import { parsePeopleSubject } from '@beseda/proto'
import type { UsernameClaimed } from '@beseda/proto/identity/v1/events'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { changesOf } from '../../domain/accounts/account-changes.js'
import { blockAfter } from '../../domain/blocks/block.js'
import { ACCOUNT_SCHEMA, AccountTables } from './account-tables.js'
import { ADMINISTRATOR_SCHEMA, applyAdministrators } from './administrator-tables.js'
import { COMMAND_SCHEMA, noteCommand } from './command-table.js'
import { applyEmailClaim, EMAIL_SCHEMA } from './email-table.js'
import { applyInvite, applyRule, REGISTRATION_SCHEMA } from './registration-tables.js'
import { SEARCH_SCHEMA } from './search-index.js'

/**
 * Accounts and user names. Two rules decide races the same way for every reader: a claim of a name counts only until its present holder
 * has registered, and a registration only while its person holds the name.
 */
export const directoryView: ViewDefinition = {
  name: 'directory',
  version: 15,
  schema: `
    CREATE TABLE name (username TEXT PRIMARY KEY, user_id TEXT NOT NULL, claimed_at INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE block (user_id TEXT NOT NULL, other_id TEXT NOT NULL, seq INTEGER NOT NULL, blocked INTEGER NOT NULL, PRIMARY KEY (user_id, other_id)) WITHOUT ROWID;
    ${COMMAND_SCHEMA}
    ${ACCOUNT_SCHEMA}
    ${SEARCH_SCHEMA}
    ${ADMINISTRATOR_SCHEMA}
    ${REGISTRATION_SCHEMA}
    ${EMAIL_SCHEMA}
  `,

  apply(view, stored) {
    const [root, kind, key = ''] = stored.subject.split('.')
    if (root === 'people') applyBlock(view, stored)
    else if (kind === 'name') applyClaim(view, stored)
    else if (kind === 'account') applyAccount(view, key, stored)
    else if (kind === 'external') applyExternal(view, key, stored)
    else if (kind === 'email') applyEmailClaim(view, key, stored)
    else if (kind === 'registration') applyRule(view, stored)
    else if (kind === 'invite') applyInvite(view, key, stored)
    else applyAdministrators(view, stored)
  },
}

const timeOf = ({ commit }: StoredCommit): number => (commit.time ? timestampMs(commit.time) : 0)

function applyAccount(view: SqliteView, userId: string, stored: StoredCommit): void {
  const tables = new AccountTables(view, userId, { seq: stored.seq, at: timeOf(stored) })
  for (const { body, commandId } of stored.commit.events) {
    for (const change of changesOf(body)) tables.apply(change)
    noteCommand(view, commandId, stored.seq)
  }
  tables.setSeq()
}

/** Whose account an identity at a provider signs in to: the newest claim counts. */
function applyExternal(view: SqliteView, key: string, stored: StoredCommit): void {
  for (const { body } of stored.commit.events) {
    if (body.case === 'externalIdentityClaimed') {
      const { providerId, userId } = body.value
      const tables = new AccountTables(view, userId, { seq: stored.seq, at: timeOf(stored) })
      for (const change of changesOf({ case: 'providerClaimed', key, providerId })) tables.apply(change)
    }
    if (body.case === 'externalIdentityReleased') {
      view.run("UPDATE external SET user_id = '', seq = ?, claimed = 0 WHERE key = ?", stored.seq, key)
    }
  }
}

function applyClaim(view: SqliteView, stored: StoredCommit): void {
  for (const { body } of stored.commit.events) {
    if (body.case === 'usernameClaimed') claim(view, stored, body.value)
  }
}

function claim(view: SqliteView, stored: StoredCommit, { username, userId }: UsernameClaimed): void {
  view.run(
    `INSERT INTO name (username, user_id, claimed_at, seq) VALUES (?, ?, ?, ?)
     ON CONFLICT (username) DO UPDATE SET user_id = excluded.user_id, claimed_at = excluded.claimed_at, seq = excluded.seq
     WHERE NOT EXISTS (SELECT 1 FROM account WHERE account.user_id = name.user_id)`,
    username,
    userId,
    timeOf(stored),
    stored.seq,
  )
}

function applyBlock(view: SqliteView, { subject, seq, commit }: StoredCommit): void {
  const { userId, otherId } = parsePeopleSubject(subject) ?? {}
  if (userId === undefined || otherId === undefined) return
  for (const { body } of commit.events) {
    const blocked = blockAfter(body)
    if (blocked === undefined) continue
    view.run('INSERT OR REPLACE INTO block VALUES (?, ?, ?, ?)', userId, otherId, seq, Number(blocked))
  }
}
