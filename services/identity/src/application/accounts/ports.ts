import type { Scope } from '@beseda/proto/common/v1/policy'
import type { AccountState, PasswordReset, SecondFactor, UnconfirmedEmail } from '../../domain/accounts/account.js'
import type { Caller } from './caller.js'
import type { DoneCommand } from './command-keys.js'

/** An account as the directory has it. */
export interface AccountRecord {
  /** Counts the accounts in the order in which they were made. */
  readonly number: number
  readonly userId: string
  readonly username: string
  readonly displayName: string
  readonly statusText: string
  /** When the status text ends, Unix ms; 0: it stays. */
  readonly statusUntil: number
  readonly avatarFileId: string
  /** Empty for a bot, and for a person who signs in by other means only. */
  readonly passwordHash: string
  readonly locale: string
  readonly timeZone: string
  /** Unix ms. */
  readonly createdAt: number
  /** The person to whom a bot belongs; empty for a person. */
  readonly ownerId: string
  /** SHA-256 of a bot's token. */
  readonly tokenHash: Uint8Array | undefined
  readonly scopes: readonly Scope[]
  readonly disabled: boolean
  /** Log sequence at which the account was made. */
  readonly createdSeq: number
  readonly reset: PasswordReset | undefined
  /** Mail address, confirmed; empty: none. */
  readonly email: string
  readonly unconfirmed: UnconfirmedEmail | undefined
  /** `addedAt`: Unix ms. */
  readonly secondFactor: (SecondFactor & { readonly addedAt: number }) | undefined
  /** When an administrator took the second factor, Unix ms; 0: nobody did, or there is a new one. */
  readonly secondFactorTakenAt: number
}

/** The command side's view of accounts and user names. */
export abstract class AccountStore {
  /** `lastSeq`: last sequence of the account's subject that is in the view. */
  abstract load(userId: string): { readonly state: AccountState; readonly lastSeq: number }
  abstract command(scope: string): DoneCommand | undefined
  /** How many bots a person has, and the sequence of the newest that they made, whether it is still there or not (0: none). */
  abstract botsOf(ownerId: string): { readonly count: number; readonly lastSeq: number }
  /** Who has claimed a user name, and when (Unix ms). */
  abstract nameHolder(username: string): { readonly userId: string; readonly claimedAt: number } | undefined
}

export abstract class AccountReader {
  abstract byId(userId: string): AccountRecord | undefined
  abstract byUsername(username: string): AccountRecord | undefined
  /** The account for which a code for a new password was given out, expired or not. */
  abstract byResetCode(codeHash: Uint8Array): AccountRecord | undefined
  /** The account that waits for the link with this code to be opened, expired or not. */
  abstract byEmailCode(codeHash: Uint8Array): AccountRecord | undefined
  abstract botByToken(tokenHash: Uint8Array): AccountRecord | undefined
  abstract botsOf(ownerId: string): readonly AccountRecord[]
  abstract isDeleted(userId: string): boolean
  /** People without bots, newest first, with a number below `number`. */
  abstract peopleBefore(number: number, limit: number): readonly AccountRecord[]
  /** The founder to be recorded: who registered with the founder's code or, by an earlier release, first of those who are still here. */
  abstract firstPerson(): string | undefined
  abstract peopleCount(): number
}

/** Search among accounts. */
export abstract class DirectorySearch {
  /**
   * People and bots whose names begin with the query, then those with similar names, best first. Errors: RATE_LIMITED when too many
   * searches wait; the reason of the signal when it aborts before the search begins.
   */
  abstract search(query: string, limit: number, signal?: AbortSignal): Promise<readonly AccountRecord[]>
}

/** A deleted account of which the log still holds something. */
export interface UnsettledDeletion {
  readonly userId: string
  /** Empty when the log does not hold it any more. */
  readonly username: string
  /** Of the deletion. */
  readonly seq: number
}

export abstract class DeletionStore {
  abstract unsettled(): readonly UnsettledDeletion[]
  abstract settle(userId: string): void
}

/** Uploaded profile pictures. */
export abstract class Pictures {
  /** Errors: FILE_NOT_FOUND, BAD_FILE. */
  abstract require(fileId: string, caller: Caller): Promise<void>
}

/** Tells those who see a profile now that it is another one. Nobody is told twice, and a notice may be lost. */
export abstract class ProfileNotices {
  abstract changed(account: AccountRecord): void
  /** The account is deleted. */
  abstract gone(userId: string): void
}
