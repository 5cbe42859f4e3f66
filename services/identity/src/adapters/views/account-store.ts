import type { Projection, SqliteView } from '@beseda/event-log'
import type { DoneCommand } from '../../application/accounts/command-keys.js'
import type { AccountStore, DeletionStore, UnsettledDeletion } from '../../application/accounts/ports.js'
import type { AccountState, DevicePublicKey, SecondFactor } from '../../domain/accounts/account.js'
import { passkeyId } from '../../domain/accounts/account.js'
import { type AccountRow, recordOf } from './account-rows.js'
import { doneCommand } from './command-table.js'
import { deviceKeyRows } from './device-key-store.js'

/** Loads accounts from the directory view as the decider takes them. */
export class SqliteAccountStore implements AccountStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {}

  load(userId: string): { readonly state: AccountState; readonly lastSeq: number } {
    const { view } = this.projection
    const deletion = view.get<{ seq: number }>('SELECT seq FROM deleted_account WHERE user_id = ?', userId)
    if (deletion) return { state: { status: 'deleted' }, lastSeq: deletion.seq }
    const row = view.get<AccountRow>('SELECT * FROM account WHERE user_id = ?', userId)
    const providers = providersOf(view, userId)
    if (!row) return { state: { status: 'none', providers }, lastSeq: 0 }
    const passkeys = passkeysOf(view, userId)
    const { username, displayName, statusText, statusUntil, locale, timeZone, avatarFileId } = recordOf(row)
    const { passwordHash, ownerId, tokenHash, disabled, reset, email, unconfirmed, secondFactor } = recordOf(row)
    const profile = { displayName, statusText, statusUntil, locale, timeZone, avatarFileId }
    const mail = { email, unconfirmed }
    const ways = { passwordHash, tokenHash, passkeys, providers, reset, ...mail, secondFactor: factorOf(secondFactor) }
    const account = { ...profile, ...ways, username, ownerId, disabled, deviceKeys: deviceKeysOf(view, userId) }
    return { state: { status: 'open', ...account }, lastSeq: row.seq }
  }

  command(scope: string): DoneCommand | undefined {
    return doneCommand(this.projection.view, scope)
  }

  botsOf(ownerId: string): { readonly count: number; readonly lastSeq: number } {
    const sql = `SELECT (SELECT COUNT(*) FROM account WHERE owner_id = :id) AS count, (SELECT bots_seq FROM account WHERE user_id = :id) AS lastSeq`
    const found = this.projection.view.getNamed<{ count: number; lastSeq: number | null }>(sql, { ':id': ownerId })
    return { count: found?.count ?? 0, lastSeq: found?.lastSeq ?? 0 }
  }

  nameHolder(username: string): { readonly userId: string; readonly claimedAt: number } | undefined {
    return this.projection.view.get<{ userId: string; claimedAt: number }>(
      'SELECT user_id AS userId, claimed_at AS claimedAt FROM name WHERE username = ?',
      username,
    )
  }
}

export class SqliteDeletionStore implements DeletionStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {}

  unsettled(): readonly UnsettledDeletion[] {
    return this.projection.view.all<UnsettledDeletion>(
      'SELECT user_id AS userId, username, seq FROM deleted_account WHERE settled = 0',
    )
  }

  settle(userId: string): void {
    this.projection.view.run("UPDATE deleted_account SET settled = 1, username = '' WHERE user_id = ?", userId)
  }
}

const factorOf = (known: SecondFactor | undefined): SecondFactor | undefined =>
  known && { sealedSecret: known.sealedSecret, recoveryHashes: known.recoveryHashes }

const providersOf = (view: SqliteView, userId: string): Map<string, string> =>
  new Map(
    view
      .all<{ key: string; provider_id: string }>('SELECT key, provider_id FROM external WHERE user_id = ?', userId)
      .map(({ key, provider_id }) => [key, provider_id]),
  )

const deviceKeysOf = (view: SqliteView, userId: string): Map<string, DevicePublicKey> =>
  new Map(
    deviceKeyRows(view, userId).map(
      ({ deviceId, algorithm, publicKey }) => [deviceId, { algorithm, publicKey }] as const,
    ),
  )

const passkeysOf = (view: SqliteView, userId: string): Set<string> =>
  new Set(
    view
      .all<{ credential_id: Uint8Array }>('SELECT credential_id FROM passkey WHERE user_id = ? ORDER BY number', userId)
      .map(({ credential_id }) => passkeyId(credential_id)),
  )
