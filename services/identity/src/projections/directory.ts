import type { SqliteView, StoredCommit, ViewDefinition } from '@beseda/event-log'
import type { AccountRegistered, ProfileChanged, UsernameClaimed } from '@beseda/proto/identity/v1/events'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { fold, trigrams } from '../domain/search.js'

/**
 * Accounts and who holds which user name. Two rules decide races the same way for every reader: a claim counts only as long as
 * the present holder has not registered, and a registration only when its person holds the name.
 */
export const directoryView: ViewDefinition = {
  name: 'directory',
  version: 1,
  schema: `
    CREATE TABLE name (username TEXT PRIMARY KEY, user_id TEXT NOT NULL, claimed_at INTEGER NOT NULL, seq INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE account (
      user_id TEXT PRIMARY KEY, username TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL, status_text TEXT NOT NULL,
      password_hash TEXT NOT NULL, locale TEXT NOT NULL, time_zone TEXT NOT NULL, created_at INTEGER NOT NULL, seq INTEGER NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE command (id TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
    CREATE TABLE word (word TEXT NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (word, user_id)) WITHOUT ROWID;
    CREATE TABLE trigram (trigram TEXT NOT NULL, user_id TEXT NOT NULL, PRIMARY KEY (trigram, user_id)) WITHOUT ROWID;
    CREATE INDEX word_of ON word (user_id);
    CREATE INDEX trigram_of ON trigram (user_id);
  `,

  apply(view, stored) {
    const userId = stored.subject.split('.')[2] ?? ''
    for (const { body, commandId } of stored.commit.events) {
      if (body.case === 'usernameClaimed') claimed(view, stored, body.value)
      else if (body.case === 'accountRegistered') registered(view, stored, userId, body.value)
      else if (body.case === 'passwordChanged')
        view.run('UPDATE account SET password_hash = ? WHERE user_id = ?', body.value.passwordHash, userId)
      else if (body.case === 'profileChanged') profileChanged(view, userId, body.value)
      view.run('INSERT OR IGNORE INTO command (id, seq) VALUES (?, ?)', commandId, stored.seq)
    }
    view.run('UPDATE account SET seq = ? WHERE user_id = ?', stored.seq, userId)
  },
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

function registered(view: SqliteView, stored: StoredCommit, userId: string, event: AccountRegistered): void {
  const added = view.run(
    `INSERT OR IGNORE INTO account (user_id, username, display_name, status_text, password_hash, locale, time_zone, created_at, seq)
     SELECT user_id, username, ?, '', ?, ?, '', ?, ? FROM name WHERE username = ? AND user_id = ?`,
    event.displayName,
    event.passwordHash,
    event.locale,
    timeOf(stored),
    stored.seq,
    event.username,
    userId,
  )
  if (added > 0) index(view, userId)
}

function profileChanged(view: SqliteView, userId: string, event: ProfileChanged): void {
  view.run(
    `UPDATE account SET display_name = COALESCE(?, display_name), status_text = COALESCE(?, status_text),
       locale = COALESCE(?, locale), time_zone = COALESCE(?, time_zone) WHERE user_id = ?`,
    event.displayName ?? null,
    event.statusText ?? null,
    event.locale ?? null,
    event.timeZone ?? null,
    userId,
  )
  if (event.displayName !== undefined) index(view, userId)
}

/** What the person is found by: the words of both names, and their trigrams. */
function index(view: SqliteView, userId: string): void {
  view.run('DELETE FROM word WHERE user_id = ?', userId)
  view.run('DELETE FROM trigram WHERE user_id = ?', userId)
  const account = view.get<{ username: string; display_name: string }>(
    'SELECT username, display_name FROM account WHERE user_id = ?',
    userId,
  )
  if (!account) return
  const names = [account.username, account.display_name]
  const words = names.flatMap((name) => [fold(name), ...fold(name).split(/[\s._-]+/)]).filter((word) => word !== '')
  for (const word of new Set(words)) view.run('INSERT INTO word (word, user_id) VALUES (?, ?)', word, userId)
  const grams = new Set(names.flatMap(trigrams))
  for (const gram of grams) view.run('INSERT INTO trigram (trigram, user_id) VALUES (?, ?)', gram, userId)
}
