import type { Projection, SqlValue } from '@beseda/event-log'
import type { ExternalRecord, ExternalStore } from '../../application/external/ports.js'
import type { PasskeyRecord, PasskeyStore } from '../../application/passkeys/ports.js'

const EXTERNAL = 'SELECT key, provider_id AS providerId, user_id AS userId, seq FROM external'
const PASSKEY =
  'SELECT credential_id AS credentialId, user_id AS userId, public_key AS publicKey, name, added_at AS addedAt FROM passkey'

export class SqliteExternalStore implements ExternalStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {}

  byKey(key: string): ExternalRecord | undefined {
    return this.#all("key = ? AND user_id <> ''", key)[0]
  }

  of(userId: string): readonly ExternalRecord[] {
    return this.#all('user_id = ? ORDER BY provider_id', userId)
  }

  unreleased(): readonly ExternalRecord[] {
    return this.#all("user_id = '' AND claimed = 1")
  }

  #all(condition: string, ...values: SqlValue[]): ExternalRecord[] {
    return this.projection.view.all<ExternalRecord>(`${EXTERNAL} WHERE ${condition}`, ...values)
  }
}

export class SqlitePasskeyStore implements PasskeyStore {
  constructor(private readonly projection: Pick<Projection, 'view'>) {}

  byId(credentialId: Uint8Array): PasskeyRecord | undefined {
    const sql = `${PASSKEY} WHERE credential_id = ? ORDER BY number LIMIT 1`
    return this.projection.view.get<PasskeyRecord>(sql, credentialId)
  }

  of(userId: string): readonly PasskeyRecord[] {
    return this.projection.view.all<PasskeyRecord>(`${PASSKEY} WHERE user_id = ? ORDER BY added_at`, userId)
  }
}
