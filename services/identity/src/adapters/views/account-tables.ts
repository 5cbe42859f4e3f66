import type { SqliteView, SqlValue } from '@beseda/event-log'
import type { AccountChange, AccountValues } from '../../domain/accounts/account-changes.js'
import { indexNames, unindexNames } from './search-index.js'

export const ACCOUNT_SCHEMA = `
  CREATE TABLE account (
    number INTEGER PRIMARY KEY, user_id TEXT NOT NULL UNIQUE, username TEXT NOT NULL UNIQUE, display_name TEXT NOT NULL,
    status_text TEXT NOT NULL DEFAULT '', status_until INTEGER NOT NULL DEFAULT 0, avatar_file_id TEXT NOT NULL DEFAULT '', password_hash TEXT NOT NULL, locale TEXT NOT NULL DEFAULT '',
    time_zone TEXT NOT NULL DEFAULT '', created_at INTEGER NOT NULL, owner_id TEXT NOT NULL DEFAULT '', token_hash BLOB UNIQUE,
    scopes TEXT NOT NULL DEFAULT '[]', seq INTEGER NOT NULL, disabled INTEGER NOT NULL DEFAULT 0,
    created_seq INTEGER NOT NULL, reset_hash BLOB UNIQUE, reset_until INTEGER NOT NULL DEFAULT 0,
    reset_by TEXT NOT NULL DEFAULT '',
    email TEXT NOT NULL DEFAULT '', new_email TEXT NOT NULL DEFAULT '', email_hash BLOB UNIQUE, email_until INTEGER NOT NULL DEFAULT 0,
    bots_seq INTEGER NOT NULL DEFAULT 0, admission INTEGER NOT NULL,
    factor_secret BLOB, factor_at INTEGER NOT NULL DEFAULT 0, recovery_hashes TEXT NOT NULL DEFAULT '[]', factor_taken_at INTEGER NOT NULL DEFAULT 0
  );
  CREATE INDEX account_owner ON account (owner_id) WHERE owner_id <> '';
  CREATE TABLE deleted_account (user_id TEXT PRIMARY KEY, username TEXT NOT NULL, seq INTEGER NOT NULL, settled INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
  CREATE TABLE passkey (
    number INTEGER PRIMARY KEY, credential_id BLOB NOT NULL, user_id TEXT NOT NULL, public_key BLOB NOT NULL, name TEXT NOT NULL,
    added_at INTEGER NOT NULL, UNIQUE (credential_id, user_id)
  );
  CREATE INDEX passkey_user ON passkey (user_id);
  CREATE TABLE device_key (
    number INTEGER PRIMARY KEY, user_id TEXT NOT NULL, device_id TEXT NOT NULL, algorithm INTEGER NOT NULL, public_key BLOB NOT NULL,
    UNIQUE (user_id, device_id)
  );
  CREATE TABLE external (
    key TEXT PRIMARY KEY, provider_id TEXT NOT NULL, user_id TEXT NOT NULL, seq INTEGER NOT NULL, claimed INTEGER NOT NULL DEFAULT 1
  ) WITHOUT ROWID;
  CREATE INDEX external_user ON external (user_id);
`

/** Position of a commit in the log. `at`: Unix ms. */
interface Position {
  readonly seq: number
  readonly at: number
}

type Opened = Extract<AccountChange, { kind: 'opened' }>
type SetDeviceKey = Extract<AccountChange, { kind: 'deviceKeySet' }>
type AddedFactor = Extract<AccountChange, { kind: 'secondFactorAdded' }>
type AddedPasskey = Extract<AccountChange, { kind: 'passkeyAdded' }>

/** The rows of one account, to which the changes of its events are applied. */
export class AccountTables {
  constructor(
    private readonly view: SqliteView,
    private readonly userId: string,
    private readonly place: Position,
  ) {}

  apply(change: AccountChange): void {
    const { view, userId } = this
    if (change.kind === 'opened') this.#open(change)
    else if (change.kind === 'deleted') this.#delete()
    else if (change.kind === 'providerAdded') this.#addProvider(change.key, change.providerId)
    else if (change.kind === 'providerRemoved')
      view.run("UPDATE external SET user_id = '' WHERE key = ? AND user_id = ?", change.key, userId)
    else if (!this.#exists()) return
    else if (change.kind === 'set') this.#set(change.values)
    else if (change.kind === 'passkeyAdded') this.#addPasskey(change)
    else if (change.kind === 'secondFactorAdded') this.#addSecondFactor(change)
    else if (change.kind === 'secondFactorRemoved') this.#removeSecondFactor(change.taken)
    else if (change.kind === 'recoveryCodesReplaced') this.#setRecoveryHashes(change.recoveryHashes)
    else if (change.kind === 'recoveryCodeUsed') this.#useRecoveryCode(change.recoveryHash)
    else if (change.kind === 'deviceKeySet') this.#setDeviceKey(change)
    else if (change.kind === 'deviceKeyRemoved') this.#removeDeviceKey(change.deviceId)
    else view.run('DELETE FROM passkey WHERE credential_id = ? AND user_id = ?', change.credentialId, userId)
  }

  setSeq(): void {
    this.view.run('UPDATE account SET seq = ? WHERE user_id = ?', this.place.seq, this.userId)
  }

  #exists(): boolean {
    return this.view.get('SELECT 1 FROM account WHERE user_id = ?', this.userId) !== undefined
  }

  #isDeleted(): boolean {
    return this.view.get('SELECT 1 FROM deleted_account WHERE user_id = ?', this.userId) !== undefined
  }

  #open({ username, displayName, passwordHash, locale, ownerId, tokenHash, scopes, admission }: Opened): void {
    const { view, userId } = this
    const { seq, at } = this.place
    // Also of a bot that came to nothing: what was decided on before is decided again.
    if (ownerId !== '') view.run('UPDATE account SET bots_seq = ? WHERE user_id = ?', seq, ownerId)
    if (this.#isDeleted()) return
    const added = view.run(
      `INSERT OR IGNORE INTO account (user_id, username, display_name, password_hash, locale, owner_id, token_hash, scopes, admission, created_at, seq, created_seq)
       SELECT user_id, username, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM name WHERE username = ? AND user_id = ?`,
      displayName,
      passwordHash,
      locale,
      ownerId,
      tokenHash ?? null,
      JSON.stringify(scopes),
      admission,
      at,
      seq,
      seq,
      username,
      userId,
    )
    if (added > 0) indexNames(view, userId)
  }

  /** The user name is free again. `Departures` erases what the log still holds of the person. */
  #delete(): void {
    const { view, userId } = this
    const row = view.get<{ username: string }>('SELECT username FROM account WHERE user_id = ?', userId)
    unindexNames(view, userId)
    view.run('DELETE FROM account WHERE user_id = ?', userId)
    view.run('DELETE FROM name WHERE user_id = ?', userId)
    view.run('DELETE FROM block WHERE user_id = ?', userId)
    view.run('DELETE FROM passkey WHERE user_id = ?', userId)
    view.run('DELETE FROM device_key WHERE user_id = ?', userId)
    view.run(
      'INSERT OR IGNORE INTO deleted_account (user_id, username, seq) VALUES (?, ?, ?)',
      userId,
      row?.username ?? '',
      this.place.seq,
    )
  }

  #set(values: AccountValues): void {
    const { view, userId } = this
    const columns = columnsOf(values)
    if (columns.length === 0) return
    const isRenamed = values.displayName !== undefined
    if (isRenamed) unindexNames(view, userId)
    const assignments = columns.map(([column]) => `${column} = ?`).join(', ')
    view.run(`UPDATE account SET ${assignments} WHERE user_id = ?`, ...columns.map(([, value]) => value), userId)
    if (isRenamed) indexNames(view, userId)
  }

  #addPasskey({ credentialId, publicKey, name }: AddedPasskey): void {
    this.view.run(
      'INSERT OR IGNORE INTO passkey (credential_id, user_id, public_key, name, added_at) VALUES (?, ?, ?, ?, ?)',
      credentialId,
      this.userId,
      publicKey,
      name,
      this.place.at,
    )
  }

  #addSecondFactor({ sealedSecret, recoveryHashes }: AddedFactor): void {
    const sql = 'UPDATE account SET factor_secret = ?, factor_at = ?, factor_taken_at = 0 WHERE user_id = ?'
    this.view.run(sql, sealedSecret, this.place.at, this.userId)
    this.#setRecoveryHashes(recoveryHashes)
  }

  /** One that is not there cannot be taken: the person is told of what was. */
  #removeSecondFactor(taken: boolean): void {
    const sql = `UPDATE account SET factor_secret = NULL, factor_at = 0, recovery_hashes = '[]', factor_taken_at = ?
                 WHERE user_id = ? AND factor_secret IS NOT NULL`
    this.view.run(sql, taken ? this.place.at : 0, this.userId)
  }

  #setRecoveryHashes(hashes: readonly string[]): void {
    const sql = 'UPDATE account SET recovery_hashes = ? WHERE user_id = ? AND factor_secret IS NOT NULL'
    this.view.run(sql, JSON.stringify(hashes), this.userId)
  }

  #useRecoveryCode(used: string): void {
    const sql = 'SELECT recovery_hashes AS hashes FROM account WHERE user_id = ?'
    const { hashes = '[]' } = this.view.get<{ hashes: string }>(sql, this.userId) ?? {}
    this.#setRecoveryHashes((JSON.parse(hashes) as string[]).filter((hash) => hash !== used))
  }

  /** A new row: the oldest key is the one that was set first. */
  #setDeviceKey({ deviceId, algorithm, publicKey }: SetDeviceKey): void {
    this.#removeDeviceKey(deviceId)
    const insert = 'INSERT INTO device_key (user_id, device_id, algorithm, public_key) VALUES (?, ?, ?, ?)'
    this.view.run(insert, this.userId, deviceId, algorithm, publicKey)
  }

  #removeDeviceKey(deviceId: string): void {
    this.view.run('DELETE FROM device_key WHERE user_id = ? AND device_id = ?', this.userId, deviceId)
  }

  #addProvider(key: string, providerId: string): void {
    const { seq } = this.place
    this.view.run('INSERT OR REPLACE INTO external VALUES (?, ?, ?, ?, 1)', key, providerId, this.userId, seq)
  }
}

const COLUMNS = {
  displayName: 'display_name',
  statusText: 'status_text',
  statusUntil: 'status_until',
  locale: 'locale',
  timeZone: 'time_zone',
  avatarFileId: 'avatar_file_id',
  passwordHash: 'password_hash',
  email: 'email',
} as const

function columnsOf(values: AccountValues): readonly (readonly [string, SqlValue])[] {
  const columns: [string, SqlValue][] = []
  for (const [field, column] of Object.entries(COLUMNS)) {
    const value = values[field as keyof typeof COLUMNS]
    if (value !== undefined) columns.push([column, value])
  }
  if (values.disabled !== undefined) columns.push(['disabled', Number(values.disabled)])
  if ('tokenHash' in values) columns.push(['token_hash', values.tokenHash ?? null])
  if ('reset' in values) {
    const { codeHash = null, until = 0, offeredBy = '' } = values.reset ?? {}
    columns.push(['reset_hash', codeHash], ['reset_until', until], ['reset_by', offeredBy])
  }
  if ('unconfirmed' in values) {
    const { address = '', codeHash = null, until = 0 } = values.unconfirmed ?? {}
    columns.push(['new_email', address], ['email_hash', codeHash], ['email_until', until])
  }
  return columns
}
