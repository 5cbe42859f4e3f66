import type { SqliteView, StoredCommit, ViewDefinition } from '@beseda/event-log'
import { parsePeopleSubject } from '@beseda/proto'
import type { PasswordResetOffered, ProfileChanged, UsernameClaimed } from '@beseda/proto/identity/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { foldText } from '@beseda/rules'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { keyParts } from '../application/command-keys.js'
import { trigrams } from '../domain/search.js'
import { ADMINISTRATORS_SCHEMA, applyAdministrators } from './administrators.js'
import { applyExternal, applyPasskey, applyUnlinked, CREDENTIALS_SCHEMA } from './credentials.js'

/**
 * Accounts and who holds which user name. Two rules decide races the same way for every reader: a claim counts only as long as
 * the present holder has not registered, and a registration only when its person holds the name.
 */
export const directoryView: ViewDefinition = {
  name: 'directory',
  version: 6,
  schema: `
    CREATE TABLE name (username TEXT PRIMARY KEY, user_id TEXT NOT NULL, claimed_at INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE account (
      number INTEGER PRIMARY KEY, user_id TEXT NOT NULL UNIQUE, username TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL,
      status_text TEXT NOT NULL DEFAULT '', avatar_file_id TEXT NOT NULL DEFAULT '', password_hash TEXT NOT NULL, locale TEXT NOT NULL DEFAULT '',
      time_zone TEXT NOT NULL DEFAULT '', created_at INTEGER NOT NULL, owner_id TEXT NOT NULL DEFAULT '', token_hash BLOB UNIQUE,
      scopes TEXT NOT NULL DEFAULT '[]', seq INTEGER NOT NULL, disabled INTEGER NOT NULL DEFAULT 0,
      created_seq INTEGER NOT NULL, reset_hash BLOB UNIQUE, reset_until INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX account_owner ON account (owner_id) WHERE owner_id <> '';
    CREATE TABLE deleted_account (user_id TEXT PRIMARY KEY, username TEXT NOT NULL, seq INTEGER NOT NULL, settled INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
    CREATE TABLE block (user_id TEXT NOT NULL, other_id TEXT NOT NULL, seq INTEGER NOT NULL, blocked INTEGER NOT NULL, PRIMARY KEY (user_id, other_id)) WITHOUT ROWID;
    CREATE TABLE command (scope TEXT PRIMARY KEY, content TEXT NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE word (word TEXT NOT NULL, weight INTEGER NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (word, weight, number)) WITHOUT ROWID;
    CREATE TABLE trigram (trigram TEXT NOT NULL, number INTEGER NOT NULL, PRIMARY KEY (trigram, number)) WITHOUT ROWID;
    CREATE TABLE trigram_count (trigram TEXT PRIMARY KEY, names INTEGER NOT NULL) WITHOUT ROWID;
    ${CREDENTIALS_SCHEMA}
    ${ADMINISTRATORS_SCHEMA}
  `,

  apply(view, stored) {
    const person = parsePeopleSubject(stored.subject)
    if (person) {
      applyBlock(view, person, stored)
      return
    }
    if (applyAdministrators(view, stored)) return
    const userId = stored.subject.split('.')[2] ?? ''
    if (stored.subject.startsWith('identity.external.')) {
      for (const { body } of stored.commit.events) applyExternal(view, userId, stored, body)
      return
    }
    for (const { body, commandId } of stored.commit.events) {
      if (body.case === 'usernameClaimed') claimed(view, stored, body.value)
      else if (body.case === 'accountRegistered' || body.case === 'botCreated') registered(view, stored, userId, body)
      else if (body.case === 'passwordChanged') passwordChanged(view, userId, body.value.passwordHash)
      else if (body.case === 'passwordResetOffered') resetOffered(view, userId, body.value)
      else if (body.case === 'botTokenReplaced')
        view.run('UPDATE account SET token_hash = ? WHERE user_id = ?', body.value.tokenHash, userId)
      else if (body.case === 'profileChanged') profileChanged(view, userId, body.value)
      else if (body.case === 'accountDisabled' || body.case === 'accountEnabled')
        view.run('UPDATE account SET disabled = ? WHERE user_id = ?', Number(body.case === 'accountDisabled'), userId)
      else if (body.case === 'passkeyAdded' || body.case === 'passkeyRemoved') applyPasskey(view, userId, stored, body)
      else if (body.case === 'providerUnlinked') applyUnlinked(view, userId, body.value)
      else if (body.case === 'accountDeleted') deleted(view, stored, userId)
      noteCommand(view, commandId, stored.seq)
    }
    view.run('UPDATE account SET seq = ? WHERE user_id = ?', stored.seq, userId)
  },
}

/** So that a repeated command is known. Ids from before keys were used belong to commands that nobody repeats any more. */
function noteCommand(view: SqliteView, commandId: string, seq: number): void {
  const key = keyParts(commandId)
  if (key) view.run('INSERT OR IGNORE INTO command VALUES (?, ?, ?)', key.scope, key.content, seq)
}

const timeOf = ({ commit }: StoredCommit): number => (commit.time ? timestampMs(commit.time) : 0)

function claimed(view: SqliteView, stored: StoredCommit, { username, userId }: UsernameClaimed): void {
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

type Registration = Extract<Event['body'], { case: 'accountRegistered' | 'botCreated' }>

function registered(view: SqliteView, stored: StoredCommit, userId: string, { case: kind, value }: Registration): void {
  const account = kind === 'accountRegistered' ? value : { passwordHash: '', locale: '' }
  const bot = kind === 'botCreated' ? value : { ownerId: '', tokenHash: null, scopes: [] }
  const added = view.run(
    `INSERT OR IGNORE INTO account (user_id, username, display_name, password_hash, locale, owner_id, token_hash, scopes, created_at, seq, created_seq)
     SELECT user_id, username, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM name WHERE username = ? AND user_id = ?`,
    value.displayName,
    account.passwordHash,
    account.locale,
    bot.ownerId,
    bot.tokenHash,
    JSON.stringify(bot.scopes),
    timeOf(stored),
    stored.seq,
    stored.seq,
    value.username,
    userId,
  )
  if (added > 0) index(view, userId)
}

/** A code that was given out before is void. */
const passwordChanged = (view: SqliteView, userId: string, passwordHash: string): void =>
  void view.run(
    'UPDATE account SET password_hash = ?, reset_hash = NULL, reset_until = 0 WHERE user_id = ?',
    passwordHash,
    userId,
  )

function resetOffered(view: SqliteView, userId: string, { codeHash, expiresAt }: PasswordResetOffered): void {
  const until = expiresAt ? timestampMs(expiresAt) : 0
  view.run('UPDATE account SET reset_hash = ?, reset_until = ? WHERE user_id = ?', codeHash, until, userId)
}

function profileChanged(view: SqliteView, userId: string, event: ProfileChanged): void {
  if (event.displayName !== undefined) unindex(view, userId)
  view.run(
    `UPDATE account SET display_name = COALESCE(?, display_name), status_text = COALESCE(?, status_text),
       locale = COALESCE(?, locale), time_zone = COALESCE(?, time_zone), avatar_file_id = COALESCE(?, avatar_file_id) WHERE user_id = ?`,
    event.displayName ?? null,
    event.statusText ?? null,
    event.locale ?? null,
    event.timeZone ?? null,
    event.avatarFileId ?? null,
    userId,
  )
  if (event.displayName !== undefined) index(view, userId)
}

/** The name is free again. What the log still holds of the person is erased by `Departures`. */
function deleted(view: SqliteView, { seq }: StoredCommit, userId: string): void {
  const username =
    view.get<Named>('SELECT username, number, display_name FROM account WHERE user_id = ?', userId)?.username ?? ''
  unindex(view, userId)
  view.run('DELETE FROM account WHERE user_id = ?', userId)
  view.run('DELETE FROM name WHERE user_id = ?', userId)
  view.run('DELETE FROM block WHERE user_id = ?', userId)
  view.run('DELETE FROM passkey WHERE user_id = ?', userId)
  view.run('INSERT OR IGNORE INTO deleted_account (user_id, username, seq) VALUES (?, ?, ?)', userId, username, seq)
}

function applyBlock(
  view: SqliteView,
  { userId, otherId }: { readonly userId: string; readonly otherId: string | undefined },
  { seq, commit }: StoredCommit,
): void {
  for (const { body } of commit.events) {
    if (body.case !== 'blockChanged' || otherId === undefined) continue
    view.run('INSERT OR REPLACE INTO block VALUES (?, ?, ?, ?)', userId, otherId, seq, Number(body.value.blocked))
  }
}

interface Named {
  readonly number: number
  readonly username: string
  readonly display_name: string
}

/** What the person is found by: the words of both names (the whole name weighs most), and their trigrams. */
function termsOf(view: SqliteView, userId: string) {
  const account = view.get<Named>('SELECT number, username, display_name FROM account WHERE user_id = ?', userId)
  if (!account) return undefined
  const names = [account.username, account.display_name].map(foldText)
  const parts = names.flatMap((name) => name.split(/[\s._-]+/)).filter((word) => word !== '' && !names.includes(word))
  const words = [...new Set(names)].map((word) => ({ word, weight: 0 }))
  const partial = [...new Set(parts)].map((word) => ({ word, weight: 1 }))
  return { number: account.number, words: [...words, ...partial], grams: new Set(names.flatMap(trigrams)) }
}

function index(view: SqliteView, userId: string): void {
  const terms = termsOf(view, userId)
  if (!terms) return
  const { number, words, grams } = terms
  for (const { word, weight } of words) view.run('INSERT OR IGNORE INTO word VALUES (?, ?, ?)', word, weight, number)
  for (const gram of grams) {
    view.run('INSERT INTO trigram VALUES (?, ?)', gram, number)
    view.run('INSERT INTO trigram_count VALUES (?, 1) ON CONFLICT DO UPDATE SET names = names + 1', gram)
  }
}

function unindex(view: SqliteView, userId: string): void {
  const terms = termsOf(view, userId)
  if (!terms) return
  const { number, words, grams } = terms
  for (const { word, weight } of words) {
    view.run('DELETE FROM word WHERE word = ? AND weight = ? AND number = ?', word, weight, number)
  }
  for (const gram of grams) {
    view.run('DELETE FROM trigram WHERE trigram = ? AND number = ?', gram, number)
    view.run('UPDATE trigram_count SET names = names - 1 WHERE trigram = ?', gram)
  }
}
