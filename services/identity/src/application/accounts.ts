import { createHash } from 'node:crypto'
import { type CommandDeps, commandCommit, handleCommand, type SqliteView } from '@beseda/event-log'
import { Refusal } from '@beseda/kernel'
import { accountSubject, IDENTITY_STREAM, usernameSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { UsernameClaimedSchema } from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import { hashPassword, verifyPassword } from '../adapters/passwords.js'
import { type Account, type AccountCommand, accountDecider, passkeyId, type SignInWay } from '../domain/account.js'
import { externalsOf, passkeysOf } from '../projections/credentials.js'
import {
  type AccountRow,
  accountById,
  accountByReset,
  accountByUsername,
  commandByScope,
  isDeletedAccount,
  nameHolder,
} from '../projections/queries.js'
import { type CommandKeys, keyParts } from './command-keys.js'
import type { SignInThrottle } from './sign-in-throttle.js'

/** A claimed name whose person never came to be (the process died in between) is free again after this. */
const ORPHAN_MS = 60_000

export interface Caller {
  readonly commandId: string
  readonly userId: string
  readonly now: Date
  readonly signal?: AbortSignal | undefined
  /** Who does it, when it is not the account's own person. */
  readonly actorId?: string | undefined
}

export interface Registration {
  readonly username: string
  readonly displayName: string
  readonly password: string
  readonly locale: string
}

/** Where pictures of people are kept. */
export interface Pictures {
  /** Errors: FILE_NOT_FOUND, BAD_FILE. */
  require(fileId: string, caller: Caller): Promise<void>
}

/** Somebody who has no account yet. */
const NOBODY = ''

/** Commands and questions about accounts. */
export class Accounts {
  constructor(
    private readonly deps: CommandDeps,
    private readonly keys: CommandKeys,
    private readonly throttle: SignInThrottle,
    private readonly pictures: Pictures,
  ) {}

  /**
   * Claims the name, then registers. Errors: USERNAME_TAKEN, COMMAND_ID_REUSED, RATE_LIMITED. A retry with the same content and password
   * gets the account it made. Each password in a retry counts as a guess, like one in a sign-in.
   */
  async register(registration: Registration, given: Omit<Caller, 'userId'>): Promise<AccountRow> {
    const { username, displayName, password, locale } = registration
    const userId = this.keys.entityId('account', NOBODY, given.commandId)
    const caller = { ...given, userId }
    const existing = await this.find(userId)
    if (this.wasDeleted(userId)) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    const command = { type: 'Register', username, displayName, locale } as const
    if (existing) {
      if (this.findResult(command, caller) === undefined) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
      await this.throttle.attempt(existing.user_id, caller.now.getTime())
      if (!(await verifyPassword(existing.password_hash, password))) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
      await this.throttle.succeeded(existing.user_id)
      return existing
    }
    const passwordHash = await hashPassword(password)
    return this.open({ ...command, passwordHash }, caller)
  }

  /** A new account under a name that is free. Errors: USERNAME_TAKEN. */
  async open(command: Opening, caller: Caller): Promise<AccountRow> {
    accountDecider.decide(command, undefined)
    await this.#claim(command, caller, this.#keyOf(command, caller))
    await this.run(command, caller)
    const account = accountById(this.#view, caller.userId)
    if (!account) throw new Refusal(ErrorReason.USERNAME_TAKEN)
    return account
  }

  /**
   * The account of a name and password. Errors: BAD_CREDENTIALS; RATE_LIMITED after too many wrong passwords in a row, whatever the
   * password. Both come for unknown names as well, after the same work.
   */
  async authenticate(username: string, password: string, now: Date): Promise<AccountRow> {
    const name = username.trim().toLowerCase()
    const account = await this.findByName(name)
    await (account
      ? this.throttle.attempt(account.user_id, now.getTime())
      : this.throttle.attemptAtNobody(name, now.getTime()))
    if (!(await verifyPassword(account?.password_hash, password)) || !account) {
      throw new Refusal(ErrorReason.BAD_CREDENTIALS)
    }
    await this.throttle.succeeded(account.user_id)
    return account
  }

  /** Of an account without a password: a sign-in a moment ago. Errors: WRONG_PASSWORD, SIGN_IN_AGAIN, RATE_LIMITED. */
  async #requireProof(userId: string, password: string, now: Date, isFresh: () => Promise<boolean>): Promise<void> {
    if ((await this.get(userId)).password_hash === '') {
      if (!(await isFresh())) throw new Refusal(ErrorReason.SIGN_IN_AGAIN)
      return
    }
    await this.throttle.attempt(userId, now.getTime())
    if (!(await verifyPassword((await this.get(userId)).password_hash, password))) {
      throw new Refusal(ErrorReason.WRONG_PASSWORD)
    }
    await this.throttle.succeeded(userId)
  }

  /** The account is no more; `Departures` sees to the rest. Errors: WRONG_PASSWORD, SIGN_IN_AGAIN. */
  async delete(password: string, caller: Caller, isFresh: () => Promise<boolean>): Promise<void> {
    await this.#requireProof(caller.userId, password, caller.now, isFresh)
    await this.run({ type: 'Delete' }, caller)
  }

  /** As the person would, but by the operator's word. Gives whose account it was. Errors: USER_NOT_FOUND. */
  async erase(username: string, caller: Omit<Caller, 'userId'>): Promise<string> {
    const userId = (await this.findByName(username))?.user_id
    if (userId === undefined) throw new Refusal(ErrorReason.USER_NOT_FOUND)
    await this.run({ type: 'Delete' }, { ...caller, userId })
    return userId
  }

  async changePassword(current: string, next: string, caller: Caller, isFresh: () => Promise<boolean>): Promise<void> {
    await this.#requireProof(caller.userId, current, caller.now, isFresh)
    await this.run({ type: 'ChangePassword', passwordHash: await hashPassword(next) }, caller)
  }

  /** By a code that an administrator has given. Errors: RESET_EXPIRED. */
  async resetPassword(codeHash: Uint8Array, next: string, caller: Omit<Caller, 'userId'>): Promise<AccountRow> {
    const account = accountByReset(this.#view, codeHash)
    const now = caller.now.getTime()
    if (!account || account.reset_until <= now) throw new Refusal(ErrorReason.RESET_EXPIRED)
    const { user_id: userId } = account
    const passwordHash = await hashPassword(next)
    await this.run({ type: 'ResetPassword', codeHash, passwordHash, now }, { ...caller, userId })
    await this.throttle.succeeded(userId)
    return this.get(userId)
  }

  async changeProfile(
    command: Extract<AccountCommand, { type: 'ChangeProfile' }>,
    caller: Caller,
  ): Promise<AccountRow> {
    if (command.avatarFileId) await this.pictures.require(command.avatarFileId, caller)
    await this.run(command, caller)
    return this.get(caller.userId)
  }

  /** Errors: USER_NOT_FOUND. */
  async get(userId: string): Promise<AccountRow> {
    const account = await this.find(userId)
    if (!account) throw new Refusal(ErrorReason.USER_NOT_FOUND)
    return account
  }

  /** Also finds an account that another replica has just made. */
  async find(userId: string): Promise<AccountRow | undefined> {
    return (await this.findMany([userId]))[0]
  }

  /** The log is asked also about a name that is known here: the time that the answer takes does not tell. */
  async findByName(username: string): Promise<AccountRow | undefined> {
    const { store, projection } = this.deps
    const claim = await store.last(IDENTITY_STREAM, usernameSubject(keyOf(username)))
    const known = accountByUsername(this.#view, username)
    if (known || !claim) return known
    await projection.waitFor(IDENTITY_STREAM, (await store.info(IDENTITY_STREAM)).lastSeq)
    return accountByUsername(this.#view, username)
  }

  /** Accounts in the order asked; unknown ids are left out. */
  async findMany(userIds: readonly string[]): Promise<AccountRow[]> {
    const isKnown = (userId: string) =>
      accountById(this.#view, userId) !== undefined || isDeletedAccount(this.#view, userId)
    const missing = userIds.filter((userId) => !isKnown(userId))
    if (missing.length > 0) {
      const heads = await this.deps.store.heads(IDENTITY_STREAM, missing.map(accountSubject))
      await this.deps.projection.waitFor(IDENTITY_STREAM, Math.max(0, ...heads.values()))
    }
    return userIds.flatMap((userId) => accountById(this.#view, userId) ?? [])
  }

  /** Nobody is let in any more: the account is disabled or deleted. */
  isShut(userId: string): boolean {
    return accountById(this.#view, userId)?.disabled === 1 || this.wasDeleted(userId)
  }

  /** There was such a person. */
  wasDeleted(userId: string): boolean {
    return isDeletedAccount(this.#view, userId)
  }

  get #view() {
    return this.deps.projection.view
  }

  async #claim({ username }: Opening, caller: Caller, key: string): Promise<void> {
    const { userId, now, signal } = caller
    const { store, projection } = this.deps
    const subject = usernameSubject(keyOf(username))
    const last = await store.last(IDENTITY_STREAM, subject)
    await projection.waitFor(IDENTITY_STREAM, last?.seq ?? 0, signal)
    const holder = nameHolder(this.#view, username)
    if (holder?.user_id === userId) return
    if (holder && (await this.find(holder.user_id))) throw new Refusal(ErrorReason.USERNAME_TAKEN)
    if (holder && now.getTime() - holder.claimed_at < ORPHAN_MS) throw new Refusal(ErrorReason.USERNAME_TAKEN)
    const value = create(UsernameClaimedSchema, { username, userId })
    const commit = commandCommit({ commandId: `${key}.name`, actorId: userId, now }, [
      { case: 'usernameClaimed', value },
    ])
    const expect = { subject, lastSeq: last?.seq ?? 0 }
    const result = await store.append({ stream: IDENTITY_STREAM, subject, commit, expect })
    if (result.kind === 'conflict') throw new Refusal(ErrorReason.USERNAME_TAKEN)
    await projection.waitFor(IDENTITY_STREAM, result.seq, signal)
    if (nameHolder(this.#view, username)?.user_id !== userId) throw new Refusal(ErrorReason.USERNAME_TAKEN)
  }

  /** Where in the log this very command was carried out; undefined: it was not. Errors: COMMAND_ID_REUSED, for other content. */
  findResult(command: Content, caller: Caller): number | undefined {
    const key = keyParts(this.#keyOf(command, caller))
    const done = key && commandByScope(this.#view, key.scope)
    if (done && done.content !== key.content) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    return done?.seq
  }

  /** One command on an account. Errors: COMMAND_ID_REUSED, and those of the command. */
  async run(command: AccountCommand, caller: Caller): Promise<void> {
    const { userId, now, signal, actorId = userId } = caller
    await handleCommand<Account>(this.deps, {
      key: userId,
      stream: IDENTITY_STREAM,
      subject: accountSubject(userId),
      commandId: this.#keyOf(command, caller),
      actorId,
      now,
      signal,
      findResult: () => this.findResult(command, caller),
      load: () => {
        const row = accountById(this.#view, userId)
        return { state: row && stateOf(row, waysOf(this.#view, userId)), lastSeq: row?.seq ?? 0 }
      },
      decide: (account) => accountDecider.decide(command, account),
    })
  }

  #keyOf(command: Content, { userId, commandId, actorId = userId }: Caller): string {
    return this.keys.key(actorId, commandId, [userId, contentOf(command)])
  }
}

type Opening = Extract<AccountCommand, { type: 'Register' | 'CreateBot' }>
type Content = AccountCommand | Omit<Extract<AccountCommand, { type: 'Register' }>, 'passwordHash'>

/**
 * What must be the same in a repeated command. Not the time; nor the hash of a password, which is salted, and a fast hash of the password
 * itself has no place in the log: it is verified instead.
 */
const contentOf = (command: Content): unknown => ({ ...command, passwordHash: undefined, now: undefined })

/** User names are hashed in subjects: dots in them would be tokens. */
export const keyOf = (username: string): string => createHash('sha256').update(username).digest('hex')

const waysOf = (view: SqliteView, userId: string): SignInWay[] => [
  ...externalsOf(view, userId).map(({ provider_id: id, key }) => ({ kind: 'provider' as const, id, key })),
  ...passkeysOf(view, userId).map(({ credential_id }) => ({ kind: 'passkey' as const, id: passkeyId(credential_id) })),
]

const stateOf = (row: AccountRow, ways: readonly SignInWay[]): Account => ({
  ways,
  username: row.username,
  passwordHash: row.password_hash,
  displayName: row.display_name,
  statusText: row.status_text,
  locale: row.locale,
  timeZone: row.time_zone,
  avatarFileId: row.avatar_file_id,
  ownerId: row.owner_id,
  disabled: row.disabled === 1,
  reset: row.reset_hash ? { codeHash: row.reset_hash, until: row.reset_until } : undefined,
})
