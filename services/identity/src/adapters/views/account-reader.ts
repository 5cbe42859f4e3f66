import type { Projection, SqlValue } from '@beseda/event-log'
import { Admission } from '@beseda/proto/identity/v1/events'
import type { AccountReader, AccountRecord } from '../../application/accounts/ports.js'
import { type AccountRow, recordOf } from './account-rows.js'

export class SqliteAccountReader implements AccountReader {
  constructor(private readonly projection: Pick<Projection, 'view'>) {}

  byId(userId: string): AccountRecord | undefined {
    return this.#one('user_id = ?', userId)
  }

  byUsername(username: string): AccountRecord | undefined {
    return this.#one('username = ?', username)
  }

  byResetCode(codeHash: Uint8Array): AccountRecord | undefined {
    return this.#one('reset_hash = ?', codeHash)
  }

  byEmailCode(codeHash: Uint8Array): AccountRecord | undefined {
    return this.#one('email_hash = ?', codeHash)
  }

  botByToken(tokenHash: Uint8Array): AccountRecord | undefined {
    return this.#one('token_hash = ?', tokenHash)
  }

  botsOf(ownerId: string): readonly AccountRecord[] {
    return this.#all("owner_id = ? AND owner_id <> '' ORDER BY number", ownerId)
  }

  isDeleted(userId: string): boolean {
    return this.projection.view.get('SELECT 1 FROM deleted_account WHERE user_id = ?', userId) !== undefined
  }

  peopleBefore(number: number, limit: number): readonly AccountRecord[] {
    return this.#all("owner_id = '' AND number < ? ORDER BY number DESC LIMIT ?", number, limit)
  }

  firstPerson(): string | undefined {
    const admissions = [Admission.UNSPECIFIED, Admission.FOUNDER].join()
    return this.#one(`owner_id = '' AND admission IN (${admissions}) ORDER BY number LIMIT 1`)?.userId
  }

  peopleCount(): number {
    return this.projection.view.get<{ n: number }>("SELECT COUNT(*) AS n FROM account WHERE owner_id = ''")?.n ?? 0
  }

  #one(condition: string, ...values: SqlValue[]): AccountRecord | undefined {
    const row = this.projection.view.get<AccountRow>(`SELECT * FROM account WHERE ${condition}`, ...values)
    return row && recordOf(row)
  }

  #all(condition: string, ...values: SqlValue[]): AccountRecord[] {
    return this.projection.view.all<AccountRow>(`SELECT * FROM account WHERE ${condition}`, ...values).map(recordOf)
  }
}
