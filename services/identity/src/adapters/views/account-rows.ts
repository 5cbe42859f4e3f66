import type { Scope } from '@beseda/proto/common/v1/policy'
import type { AccountRecord } from '../../application/accounts/ports.js'

export interface AccountRow {
  readonly number: number
  readonly user_id: string
  readonly username: string
  readonly display_name: string
  readonly status_text: string
  readonly status_until: number
  readonly avatar_file_id: string
  readonly password_hash: string
  readonly locale: string
  readonly time_zone: string
  readonly created_at: number
  readonly owner_id: string
  readonly token_hash: Uint8Array | null
  /** JSON list of numbers. */
  readonly scopes: string
  readonly seq: number
  readonly disabled: number
  readonly created_seq: number
  readonly reset_hash: Uint8Array | null
  readonly reset_until: number
  readonly reset_by: string
  readonly email: string
  readonly new_email: string
  readonly email_hash: Uint8Array | null
  readonly email_until: number
  readonly factor_secret: Uint8Array | null
  readonly factor_at: number
  /** JSON list of texts. */
  readonly recovery_hashes: string
  readonly factor_taken_at: number
}

export const recordOf = (row: AccountRow): AccountRecord => ({
  number: row.number,
  userId: row.user_id,
  username: row.username,
  displayName: row.display_name,
  statusText: row.status_text,
  statusUntil: row.status_until,
  avatarFileId: row.avatar_file_id,
  passwordHash: row.password_hash,
  locale: row.locale,
  timeZone: row.time_zone,
  createdAt: row.created_at,
  ownerId: row.owner_id,
  tokenHash: row.token_hash ?? undefined,
  scopes: JSON.parse(row.scopes) as Scope[],
  disabled: row.disabled === 1,
  createdSeq: row.created_seq,
  reset: row.reset_hash ? { codeHash: row.reset_hash, until: row.reset_until, offeredBy: row.reset_by } : undefined,
  email: row.email,
  unconfirmed: row.email_hash
    ? { address: row.new_email, codeHash: row.email_hash, until: row.email_until }
    : undefined,
  secondFactor: row.factor_secret ? secondFactorOf(row, row.factor_secret) : undefined,
  secondFactorTakenAt: row.factor_taken_at,
})

const secondFactorOf = ({ factor_at, recovery_hashes }: AccountRow, sealedSecret: Uint8Array) => ({
  sealedSecret,
  recoveryHashes: JSON.parse(recovery_hashes) as string[],
  addedAt: factor_at,
})
