import type { SqliteView, StoredCommit } from '@beseda/event-log'
import type { ProviderUnlinked } from '@beseda/proto/identity/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { timestampMs } from '@bufbuild/protobuf/wkt'

/** Ways to sign in besides a password. Part of the directory view. */
export const CREDENTIALS_SCHEMA = `
  CREATE TABLE external (
    key TEXT PRIMARY KEY, provider_id TEXT NOT NULL, user_id TEXT NOT NULL, seq INTEGER NOT NULL, claimed INTEGER NOT NULL DEFAULT 1
  ) WITHOUT ROWID;
  CREATE INDEX external_user ON external (user_id);
  CREATE TABLE passkey (
    credential_id BLOB PRIMARY KEY, user_id TEXT NOT NULL, public_key BLOB NOT NULL, name TEXT NOT NULL, added_at INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX passkey_user ON passkey (user_id);
`

export interface ExternalRow {
  readonly key: string
  readonly provider_id: string
  readonly user_id: string
  readonly seq: number
}
export interface PasskeyRow {
  readonly credential_id: Uint8Array
  readonly user_id: string
  readonly public_key: Uint8Array
  readonly name: string
  /** Unix ms. */
  readonly added_at: number
}

export const externalByKey = (view: SqliteView, key: string) =>
  view.get<ExternalRow>("SELECT * FROM external WHERE key = ? AND user_id <> ''", key)

export const externalsOf = (view: SqliteView, userId: string) =>
  view.all<ExternalRow>('SELECT * FROM external WHERE user_id = ? ORDER BY provider_id', userId)

/** Given up by their people; the log still says who it was. */
export const unreleasedExternals = (view: SqliteView) =>
  view.all<ExternalRow>("SELECT * FROM external WHERE user_id = '' AND claimed = 1")

export const passkeyById = (view: SqliteView, credentialId: Uint8Array) =>
  view.get<PasskeyRow>('SELECT * FROM passkey WHERE credential_id = ?', credentialId)

export const passkeysOf = (view: SqliteView, userId: string) =>
  view.all<PasskeyRow>('SELECT * FROM passkey WHERE user_id = ? ORDER BY added_at', userId)

/** A subject `identity.external.<key>`. */
export function applyExternal(view: SqliteView, key: string, { seq }: StoredCommit, body: Event['body']): void {
  if (body.case === 'externalIdentityClaimed') {
    const { providerId, userId } = body.value
    view.run('INSERT OR REPLACE INTO external VALUES (?, ?, ?, ?, 1)', key, providerId, userId, seq)
  }
  if (body.case === 'externalIdentityReleased')
    view.run("UPDATE external SET user_id = '', seq = ?, claimed = 0 WHERE key = ?", seq, key)
}

/** Said on the account, where what is left to sign in with is decided. */
export function applyUnlinked(view: SqliteView, userId: string, { keys }: ProviderUnlinked): void {
  for (const key of keys) view.run("UPDATE external SET user_id = '' WHERE key = ? AND user_id = ?", key, userId)
}

export function applyPasskey(view: SqliteView, userId: string, { commit }: StoredCommit, body: Event['body']): void {
  if (body.case === 'passkeyAdded') {
    const { credentialId, publicKey, name } = body.value
    const at = commit.time ? timestampMs(commit.time) : 0
    view.run('INSERT OR IGNORE INTO passkey VALUES (?, ?, ?, ?, ?)', credentialId, userId, publicKey, name, at)
  }
  if (body.case === 'passkeyRemoved') {
    view.run('DELETE FROM passkey WHERE credential_id = ? AND user_id = ?', body.value.credentialId, userId)
  }
}
