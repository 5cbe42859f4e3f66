import { type CommandDeps, commandCommit } from '@beseda/event-log'
import { Refusal } from '@beseda/kernel'
import { IDENTITY_STREAM, usernameSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { UsernameClaimedSchema } from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import type { AccountCommand, Opening } from '../../domain/accounts/account.js'
import { accountDecider } from '../../domain/accounts/account-decider.js'
import type { Way } from '../../domain/registration/admission.js'
import type { Admissions, Admitted } from '../registration/admissions.js'
import type { Passwords } from '../sign-in/passwords.js'
import type { Guesser } from '../sign-in/sign-in-throttle.js'
import type { AccountCommands, Condition } from './account-commands.js'
import type { AccountQueries } from './account-queries.js'
import type { AnonymousCaller, Caller } from './caller.js'
import type { CommandKeys } from './command-keys.js'
import { nameKey } from './name-key.js'
import type { AccountRecord, AccountStore } from './ports.js'

/** A claimed name without an account (the process ended in between) is free again after this time. */
const ORPHAN_MS = 60_000
/** Somebody who has no account yet. */
const NOBODY = ''

export interface RegistrationRequest {
  readonly username: string
  readonly displayName: string
  readonly password: string
  readonly locale: string
  /** What the person has that may let them register; may be empty. */
  readonly code?: string
}

/** An account of a person, before it is known what lets them register. */
export type NewPerson = Omit<Extract<AccountCommand, { type: 'Register' }>, 'admission'>

/** Opens accounts: first the user name is claimed, then the account is made. */
export class Registration {
  constructor(
    private readonly deps: CommandDeps,
    private readonly store: AccountStore,
    private readonly accounts: AccountQueries,
    private readonly commands: AccountCommands,
    private readonly keys: CommandKeys,
    private readonly passwords: Pick<Passwords, 'hashNew' | 'matches'>,
    private readonly admissions: Pick<Admissions, 'find' | 'take' | 'conditionOf'>,
    /** Called once for each account of a person that was made, however they sign in. */
    private readonly onRegistered: (userId: string) => void,
  ) {}

  /**
   * A person registers. A retry with the same content and password gets the account that it made; each password in a retry counts as a
   * guess, like one in a sign-in. Errors: those of `Admissions.find`, USERNAME_TAKEN, WEAK_PASSWORD, COMMAND_ID_REUSED, RATE_LIMITED.
   */
  async register(request: RegistrationRequest, anonymous: AnonymousCaller): Promise<AccountRecord> {
    const { username, displayName, password, locale, code = '' } = request
    const userId = this.keys.entityId('account', NOBODY, anonymous.commandId)
    const caller = { ...anonymous, userId }
    const command = { type: 'Register', username, displayName, locale } as const
    const existing = await this.accounts.find(userId)
    if (existing) return this.#again(existing, command, password, caller, { network: anonymous.network ?? '' })
    if (this.accounts.wasDeleted(userId)) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    const admitted = await this.admissions.find(code, 'password', caller)
    const passwordHash = await this.passwords.hashNew(password, [username, displayName])
    return this.openFor({ ...command, passwordHash }, admitted, caller)
  }

  /** What lets somebody register. Errors: those of `Admissions.find`. */
  admit(code: string, way: Way, caller: Caller): Promise<Admitted> {
    return this.admissions.find(code, way, caller)
  }

  /** The account of a person who was admitted, the caller. Errors: as of `open`, and those of the admission if it does not hold any more. */
  openFor(person: NewPerson, admitted: Admitted, caller: Caller): Promise<AccountRecord> {
    const command = { ...person, admission: admitted.admission }
    return this.open(caller.userId, command, caller, this.admissions.conditionOf(admitted), () =>
      this.admissions.take(admitted, caller),
    )
  }

  /** A new account under a name that is free. `before`: done when it has the name. Errors: USERNAME_TAKEN, BAD_TEXT, INVALID_REQUEST. */
  async open(
    accountId: string,
    command: Opening,
    caller: Caller,
    condition: Condition = {},
    before = async () => {},
  ): Promise<AccountRecord> {
    // Refused before the name is claimed, if it is to be refused.
    accountDecider.decide(command, accountDecider.initialState)
    // The name may be free, because its account was deleted a moment ago.
    await this.accounts.confirmRefusals(() => this.#claim(accountId, command, caller))
    await before()
    const isNew = await this.commands.run(accountId, command, caller, condition)
    if (isNew && command.type === 'Register') this.onRegistered(accountId)
    const account = await this.accounts.find(accountId)
    if (!account) throw new Refusal(ErrorReason.USERNAME_TAKEN)
    return account
  }

  async #again(
    existing: AccountRecord,
    command: Parameters<AccountCommands['findResult']>[1],
    password: string,
    caller: Caller,
    guesser: Guesser,
  ): Promise<AccountRecord> {
    const isRepeat = this.commands.findResult(existing.userId, command, caller) !== undefined
    if (isRepeat && (await this.passwords.matches(existing, password, caller.now, guesser))) return existing
    throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
  }

  async #claim(userId: string, command: Opening, caller: Caller): Promise<void> {
    const { store, projection } = this.deps
    const { username } = command
    const { now, signal } = caller
    const subject = usernameSubject(nameKey(username))
    const last = await store.last(IDENTITY_STREAM, subject)
    await projection.waitFor(IDENTITY_STREAM, last?.seq ?? 0, signal)
    const holder = this.store.nameHolder(username)
    if (holder?.userId === userId) return
    if (holder && (await this.accounts.find(holder.userId))) throw new Refusal(ErrorReason.USERNAME_TAKEN)
    if (holder && now.getTime() - holder.claimedAt < ORPHAN_MS) throw new Refusal(ErrorReason.USERNAME_TAKEN)
    const value = create(UsernameClaimedSchema, { username, userId })
    const commandId = `${this.commands.keyOf(userId, command, caller)}.name`
    const commit = commandCommit({ commandId, actorId: caller.userId, now }, [{ case: 'usernameClaimed', value }])
    const expect = { subject, lastSeq: last?.seq ?? 0 }
    const result = await store.append({ stream: IDENTITY_STREAM, subject, commit, expect })
    if (result.kind === 'conflict') throw new Refusal(ErrorReason.USERNAME_TAKEN)
    await projection.waitFor(IDENTITY_STREAM, result.seq, signal)
    if (this.store.nameHolder(username)?.userId !== userId) throw new Refusal(ErrorReason.USERNAME_TAKEN)
  }
}
