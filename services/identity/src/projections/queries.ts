import type { SqliteView } from '@beseda/event-log'
import type { Scope } from '@beseda/proto/common/v1/policy'

export interface AccountRow {
  readonly number: number
  readonly user_id: string
  readonly username: string
  readonly display_name: string
  readonly status_text: string
  readonly avatar_file_id: string
  /** Empty: a bot, or somebody who signs in by other ways. */
  readonly password_hash: string
  readonly locale: string
  readonly time_zone: string
  /** Unix ms. */
  readonly created_at: number
  /** Bots: the person they belong to. */
  readonly owner_id: string
  /** Bots: SHA-256. */
  readonly token_hash: Uint8Array | null
  /** JSON. */
  readonly scopes: string
  /** Last sequence of the account's subject. */
  readonly seq: number
  /** 1: by an administrator. */
  readonly disabled: number
  /** Where the account was made. */
  readonly created_seq: number
  /** Of the code by which a new password may be set. */
  readonly reset_hash: Uint8Array | null
  /** Unix ms. */
  readonly reset_until: number
}

export const accountById = (view: SqliteView, userId: string) =>
  view.get<AccountRow>('SELECT * FROM account WHERE user_id = ?', userId)

export const accountByUsername = (view: SqliteView, username: string) =>
  view.get<AccountRow>('SELECT * FROM account WHERE username = ?', username)

export const accountByReset = (view: SqliteView, codeHash: Uint8Array) =>
  view.get<AccountRow>('SELECT * FROM account WHERE reset_hash = ?', codeHash)

export const nameHolder = (view: SqliteView, username: string) =>
  view.get<{ user_id: string; claimed_at: number }>('SELECT user_id, claimed_at FROM name WHERE username = ?', username)

export const commandByScope = (view: SqliteView, scope: string) =>
  view.get<{ content: string; seq: number }>('SELECT content, seq FROM command WHERE scope = ?', scope)

export const isDeletedAccount = (view: SqliteView, userId: string): boolean =>
  view.get('SELECT 1 FROM deleted_account WHERE user_id = ?', userId) !== undefined

/** An account that was deleted, of which the log still holds something. */
export interface UnsettledDeletion {
  readonly user_id: string
  readonly username: string
  readonly seq: number
}

export const unsettledDeletions = (view: SqliteView) =>
  view.all<UnsettledDeletion>('SELECT user_id, username, seq FROM deleted_account WHERE settled = 0')

export const settleDeletion = (view: SqliteView, userId: string): void =>
  void view.run("UPDATE deleted_account SET settled = 1, username = '' WHERE user_id = ?", userId)

export const botByToken = (view: SqliteView, tokenHash: Uint8Array) =>
  view.get<AccountRow>('SELECT * FROM account WHERE token_hash = ?', tokenHash)

export const botsOf = (view: SqliteView, ownerId: string) =>
  view.all<AccountRow>("SELECT * FROM account WHERE owner_id = ? AND owner_id <> '' ORDER BY number", ownerId)

export const scopesOf = ({ scopes }: AccountRow): Scope[] => JSON.parse(scopes) as Scope[]

export const blockOf = (view: SqliteView, userId: string, otherId: string) =>
  view.get<{ seq: number; blocked: number }>(
    'SELECT seq, blocked FROM block WHERE user_id = ? AND other_id = ?',
    userId,
    otherId,
  )

export const blockedBy = (view: SqliteView, userId: string): string[] =>
  view
    .all<{ id: string }>('SELECT other_id AS id FROM block WHERE user_id = ? AND blocked = 1 ORDER BY other_id', userId)
    .map(({ id }) => id)

/** People, bots not among them, newest first. */
export const peopleBefore = (view: SqliteView, number: number, limit: number) =>
  view.all<AccountRow>(
    "SELECT * FROM account WHERE owner_id = '' AND number < ? ORDER BY number DESC LIMIT ?",
    number,
    limit,
  )

/** Of those who are there. */
export const firstPerson = (view: SqliteView): string | undefined =>
  view.get<{ user_id: string }>("SELECT user_id FROM account WHERE owner_id = '' ORDER BY number LIMIT 1")?.user_id

export const peopleCount = (view: SqliteView): number =>
  view.get<{ n: number }>("SELECT COUNT(*) AS n FROM account WHERE owner_id = ''")?.n ?? 0
