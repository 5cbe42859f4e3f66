import { createHash } from 'node:crypto'
import { Refusal } from '@beseda/kernel'
import type { InstallationSecret } from '@beseda/platform'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { AdministratorAction } from '@beseda/proto/identity/v1/events'
import type { ProcessStatus } from '@beseda/proto/identity/v1/identity_service'
import type { Session } from '../../domain/sessions/session.js'
import type { AccountCommands } from '../accounts/account-commands.js'
import type { AccountQueries } from '../accounts/account-queries.js'
import type { AnonymousCaller, Caller } from '../accounts/caller.js'
import type { AccountReader, AccountRecord, DirectorySearch } from '../accounts/ports.js'
import type { Sessions } from '../sessions/sessions.js'
import type { Passwords } from '../sign-in/passwords.js'
import type { About, Administrators } from './administrators.js'
import type { ActionRecord, ProcessStatuses } from './ports.js'

const DEFAULT_LIMIT = 50
/** 128 bits, which nobody guesses. */
const RESET_CODE_BYTES = 16

interface AccountPage {
  readonly accounts: readonly AccountRecord[]
  /** In the whole installation, without bots. */
  readonly people: number
  /** `after` of the next page; 0: this is the last one. */
  readonly next: number
}

/** What administrators do. Everybody else is refused: NOT_PERMITTED. */
export class Administration {
  constructor(
    private readonly administrators: Administrators,
    private readonly accounts: AccountQueries,
    private readonly reader: AccountReader,
    private readonly commands: AccountCommands,
    private readonly passwords: Passwords,
    private readonly sessions: Sessions,
    private readonly directory: DirectorySearch,
    private readonly processes: ProcessStatuses,
    private readonly secret: Pick<InstallationSecret, 'hash'>,
  ) {}

  /** The best matches of a query, or a page of the newest accounts. */
  async list(query: string, limit: number, after: number, by: string): Promise<AccountPage> {
    await this.administrators.require(by)
    const most = limit || DEFAULT_LIMIT
    const people = this.reader.peopleCount()
    if (query.trim() !== '') return { accounts: await this.directory.search(query, most), people, next: 0 }
    const found = this.reader.peopleBefore(after || Number.MAX_SAFE_INTEGER, most + 1)
    const accounts = found.slice(0, most)
    return { accounts, people, next: found.length > most ? (accounts.at(-1)?.number ?? 0) : 0 }
  }

  /** Errors: NOT_PERMITTED also for oneself, for an account that ADMINS names, and for the founder's. */
  async setDisabled(userId: string, disabled: boolean, caller: Caller): Promise<void> {
    await this.#requireOther(userId, caller)
    if (disabled && this.administrators.isFirst(await this.accounts.get(userId)))
      throw new Refusal(ErrorReason.NOT_PERMITTED)
    const action = disabled ? AdministratorAction.DISABLE_ACCOUNT : AdministratorAction.ENABLE_ACCOUNT
    await this.administrators.record(action, caller, { userId })
    await this.commands.run(userId, { type: 'SetDisabled', disabled }, caller)
    if (disabled) await this.sessions.endAll(userId)
  }

  async sessionsOf(userId: string, by: string): Promise<ReadonlyMap<string, Session>> {
    await this.administrators.require(by)
    return this.sessions.list(userId)
  }

  /** Ends the named sessions, or all when none is named, and returns how many. Errors: USER_NOT_FOUND. */
  async endSessions(userId: string, sessionIds: readonly string[], caller: Caller): Promise<number> {
    await this.administrators.require(caller.userId)
    await this.accounts.get(userId)
    await this.administrators.record(AdministratorAction.END_SESSIONS, caller, { userId })
    return this.sessions.endAll(userId, (id) => sessionIds.length === 0 || sessionIds.includes(id))
  }

  /**
   * The code is a keyed hash of the administrator, the account and the command: only the same administrator's repeat of the command gives it
   * again, as long as it is the account's newest code. `expiresAt`: Unix ms. Errors: COMMAND_ID_REUSED; NOT_PERMITTED also for oneself, for a
   * bot, and for an account whose rights the administrator could take over (`mayResetPassword`).
   */
  async offerPasswordReset(userId: string, caller: Caller): Promise<{ code: string; expiresAt: number }> {
    await this.#requireOther(userId, caller)
    const account = await this.accounts.get(userId)
    const requireMay = () => this.administrators.requireMayResetPassword(account, caller.userId)
    await requireMay()
    await this.administrators.record(AdministratorAction.OFFER_PASSWORD_RESET, caller, { userId })
    // The record is read after everything that was written before it, such as the account's appointment by another replica.
    await requireMay()
    const parts = JSON.stringify([caller.userId, userId, caller.commandId])
    const code = this.secret.hash('code for a password', parts).subarray(0, RESET_CODE_BYTES).toString('base64url')
    const offer = { codeHash: resetHash(code), offeredBy: caller.userId, now: caller.now.getTime() }
    const command = { type: 'OfferPasswordReset', ...offer } as const
    await this.commands.run(userId, command, caller)
    const { reset } = await this.accounts.get(userId)
    if (!reset || !command.codeHash.equals(reset.codeHash)) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    return { code, expiresAt: reset.until }
  }

  /**
   * For whoever has the code. All sessions of the account end. Errors: RESET_EXPIRED, also when whoever gave it out could not do so now:
   * they were dismissed, or the account was appointed.
   */
  async resetPassword(code: string, password: string, caller: AnonymousCaller): Promise<AccountRecord> {
    const account = await this.passwords.reset(resetHash(code), password, caller, this.administrators)
    await this.sessions.endAll(account.userId)
    return account
  }

  /**
   * The password alone signs in again, also a thief who knows it: so all sessions end, and the person is told at the next sign-in. Errors:
   * NOT_PERMITTED as of `offerPasswordReset`.
   */
  async takeSecondFactor(userId: string, caller: Caller): Promise<void> {
    await this.#requireOther(userId, caller)
    const account = await this.accounts.get(userId)
    await this.administrators.requireMayResetPassword(account, caller.userId)
    await this.administrators.record(AdministratorAction.TAKE_SECOND_FACTOR, caller, { userId })
    await this.commands.run(userId, { type: 'RemoveSecondFactor', taken: true }, caller, {
      require: () => {
        const isStill = this.administrators.mayStillReset(account, caller.userId)
        if (!isStill) throw new Refusal(ErrorReason.NOT_PERMITTED)
      },
      guard: () => this.administrators.asOf(userId),
    })
    await this.sessions.endAll(userId)
  }

  async appoint(userId: string, administrator: boolean, caller: Caller): Promise<void> {
    await this.administrators.require(caller.userId)
    await this.administrators.set(userId, administrator, caller)
  }

  /** For other services: the action is permitted and recorded. Without an action, only permitted. */
  async authorize(action: AdministratorAction, about: About, caller: Caller): Promise<void> {
    await this.administrators.require(caller.userId)
    if (action !== AdministratorAction.UNSPECIFIED) await this.administrators.record(action, caller, about)
  }

  async actions(
    beforeSeq: number,
    limit: number,
    by: string,
  ): Promise<{ actions: readonly ActionRecord[]; hasMore: boolean }> {
    await this.administrators.require(by)
    return this.administrators.actions(beforeSeq, limit || DEFAULT_LIMIT)
  }

  async status(by: string): Promise<readonly ProcessStatus[]> {
    await this.administrators.require(by)
    const processes = await this.processes.ask()
    return processes.toSorted(
      (a, b) => a.service.localeCompare(b.service, 'en') || a.instance.localeCompare(b.instance, 'en'),
    )
  }

  async #requireOther(userId: string, { userId: by }: Caller): Promise<void> {
    await this.administrators.require(by)
    if (userId === by) throw new Refusal(ErrorReason.NOT_PERMITTED)
    await this.accounts.get(userId)
  }
}

const resetHash = (code: string): Buffer => createHash('sha256').update(code).digest()
