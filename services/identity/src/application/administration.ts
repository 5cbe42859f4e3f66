import { createHash } from 'node:crypto'
import type { Projection } from '@beseda/event-log'
import { Refusal } from '@beseda/kernel'
import type { InstallationSecret } from '@beseda/platform'
import { STATUS_SUBJECT } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { AdministratorAction } from '@beseda/proto/identity/v1/events'
import { type ProcessStatus, ProcessStatusSchema } from '@beseda/proto/identity/v1/identity_service'
import { fromBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import type { Session } from '../domain/session.js'
import type { Directory } from '../projections/directory-search.js'
import { type AccountRow, peopleBefore, peopleCount } from '../projections/queries.js'
import type { Accounts, Caller } from './accounts.js'
import type { Administrators } from './administrators.js'
import type { Sessions } from './sessions.js'

/** A process that has not answered by then is not well, or not there. */
const ANSWER_MS = 1_000
const DEFAULT_LIMIT = 50
/** 128 bits: nobody guesses that. */
const RESET_CODE_BYTES = 16

interface People {
  readonly accounts: AccountRow[]
  readonly people: number
  /** Where the next page begins; 0: there is none. */
  readonly next: number
}

/** What administrators may do to accounts. Everything is refused to anybody else: NOT_PERMITTED. */
export class Administration {
  constructor(
    private readonly accounts: Accounts,
    private readonly sessions: Sessions,
    private readonly directory: Directory,
    private readonly projection: Pick<Projection, 'view'>,
    private readonly nats: NatsConnection,
    private readonly administrators: Administrators,
    private readonly secret: InstallationSecret,
  ) {}

  /** The best matches, or a page of the newest. */
  async list(query: string, limit: number, after: number, by: string): Promise<People> {
    await this.administrators.require(by)
    const most = limit || DEFAULT_LIMIT
    const { view } = this.projection
    const people = peopleCount(view)
    if (query.trim() !== '') return { accounts: this.directory.search(query, most), people, next: 0 }
    const found = peopleBefore(view, after || Number.MAX_SAFE_INTEGER, most + 1)
    const accounts = found.slice(0, most)
    return { accounts, people, next: found.length > most ? (accounts.at(-1)?.number ?? 0) : 0 }
  }

  /** Nobody locks themselves out, or whom the operator has named. */
  async setDisabled(userId: string, disabled: boolean, caller: Caller): Promise<void> {
    await this.#requireOther(userId, caller)
    if (disabled && this.administrators.isConfigured(await this.accounts.get(userId)))
      throw new Refusal(ErrorReason.NOT_PERMITTED)
    const action = disabled ? AdministratorAction.DISABLE_ACCOUNT : AdministratorAction.ENABLE_ACCOUNT
    await this.administrators.record(action, caller, { userId })
    await this.accounts.run({ type: 'SetDisabled', disabled }, { ...caller, userId, actorId: caller.userId })
    if (disabled) await this.#end(userId, [])
  }

  async sessionsOf(userId: string, by: string): Promise<ReadonlyMap<string, Session>> {
    await this.administrators.require(by)
    return this.sessions.list(userId)
  }

  /** All, when none is named. */
  async endSessions(userId: string, sessionIds: readonly string[], caller: Caller): Promise<number> {
    await this.administrators.require(caller.userId)
    await this.accounts.get(userId)
    await this.administrators.record(AdministratorAction.END_SESSIONS, caller, { userId })
    return this.#end(userId, sessionIds)
  }

  /**
   * The code is a keyed hash of the administrator, the account and the command: only the same administrator's repeat of the command gives it
   * again, as long as it is the code that counts. Errors: COMMAND_ID_REUSED.
   */
  async offerPasswordReset(userId: string, caller: Caller): Promise<{ code: string; expiresAt: number }> {
    await this.#requireOther(userId, caller)
    if ((await this.accounts.get(userId)).owner_id !== '') throw new Refusal(ErrorReason.NOT_PERMITTED)
    await this.administrators.record(AdministratorAction.OFFER_PASSWORD_RESET, caller, { userId })
    const parts = JSON.stringify([caller.userId, userId, caller.commandId])
    const code = this.secret.hash('code for a password', parts).subarray(0, RESET_CODE_BYTES).toString('base64url')
    const command = { type: 'OfferPasswordReset', codeHash: resetHash(code), now: caller.now.getTime() } as const
    await this.accounts.run(command, { ...caller, userId, actorId: caller.userId })
    const { reset_hash: counting, reset_until: expiresAt } = await this.accounts.get(userId)
    if (!counting || !command.codeHash.equals(counting)) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    return { code, expiresAt }
  }

  /** By who has the code. Whoever was signed in is so no more. Errors: RESET_EXPIRED. */
  async resetPassword(code: string, password: string, caller: Omit<Caller, 'userId'>): Promise<AccountRow> {
    const account = await this.accounts.resetPassword(resetHash(code), password, caller)
    await this.#end(account.user_id, [])
    return account
  }

  async status(by: string): Promise<readonly ProcessStatus[]> {
    await this.administrators.require(by)
    const answers = await this.nats.requestMany(STATUS_SUBJECT, '', { strategy: 'timer', maxWait: ANSWER_MS })
    const processes: ProcessStatus[] = []
    for await (const answer of answers) {
      if (answer.data.length > 0) processes.push(fromBinary(ProcessStatusSchema, answer.data))
    }
    return processes.sort((a, b) => a.service.localeCompare(b.service) || a.instance.localeCompare(b.instance))
  }

  async #requireOther(userId: string, { userId: by }: Caller): Promise<void> {
    await this.administrators.require(by)
    if (userId === by) throw new Refusal(ErrorReason.NOT_PERMITTED)
    await this.accounts.get(userId)
  }

  async #end(userId: string, wanted: readonly string[]): Promise<number> {
    const ids = [...(await this.sessions.list(userId)).keys()].filter(
      (id) => wanted.length === 0 || wanted.includes(id),
    )
    await this.sessions.end(userId, ids)
    return ids.length
  }
}

const resetHash = (code: string): Buffer => createHash('sha256').update(code).digest()
