import { type CommandDeps, type EventBody, type Expectation, handleCommand } from '@beseda/event-log'
import { Refusal } from '@beseda/kernel'
import { accountSubject, IDENTITY_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { requireRoom } from '@beseda/rules'
import type { AccountCommand, AccountState } from '../../domain/accounts/account.js'
import { accountDecider } from '../../domain/accounts/account-decider.js'
import type { AccountLetters } from '../email/account-letters.js'
import type { AccountQueries } from './account-queries.js'
import type { AnonymousCaller, Caller } from './caller.js'
import { type CommandKeys, keyParts, resultOf } from './command-keys.js'
import type { AccountRecord, AccountStore, Pictures, ProfileNotices } from './ports.js'

/** What must hold at the place of a command in the log beside the state of the account. */
export interface Condition {
  /** On the view as it is; throws a Refusal. */
  require?(): void
  /** As of an append (`libs/event-log`). */
  guard?(): string | undefined
  /** Instead of the account's own subject, which a new account does not have yet. */
  expects?(): Expectation
}

/** Writes to accounts. */
export class AccountCommands {
  constructor(
    private readonly deps: CommandDeps,
    private readonly accounts: AccountStore,
    private readonly queries: AccountQueries,
    private readonly keys: CommandKeys,
    private readonly pictures: Pictures,
    private readonly profiles: ProfileNotices,
    private readonly letters: Pick<AccountLetters, 'written'>,
  ) {}

  /** One command on one account; true: it was written now. Errors: COMMAND_ID_REUSED, and those of the command and of its condition. */
  async run(accountId: string, command: AccountCommand, caller: Caller, condition: Condition = {}): Promise<boolean> {
    const { userId: actorId, now, signal } = caller
    const { events } = await handleCommand<AccountState>(this.deps, {
      // Appends with the same expectation follow one another (`EventStore.append`).
      key: condition.expects?.().subject ?? accountId,
      stream: IDENTITY_STREAM,
      subject: accountSubject(accountId),
      commandId: this.keyOf(accountId, command, caller),
      actorId,
      now,
      signal,
      // Links to providers are on subjects of their own.
      basis: { stream: IDENTITY_STREAM },
      findResult: () => this.findResult(accountId, command, caller),
      load: () => this.accounts.load(accountId),
      decide: (account) => {
        this.requireRoom(command)
        condition.require?.()
        return accountDecider.decide(command, account)
      },
      // Bots of one person are on subjects of their own.
      ...(condition.expects ? { expects: condition.expects } : {}),
      guard: () => (command.type === 'CreateBot' ? this.#botsAsOf(command.ownerId) : condition.guard?.()),
    })
    await this.#tell(accountId, events)
    await this.letters.written(accountId, events, caller)
    return events.length > 0
  }

  /** Whoever sees the profile sees the new one. */
  async #tell(accountId: string, events: readonly EventBody[]): Promise<void> {
    if (events.some((event) => event.case === 'accountDeleted')) this.profiles.gone(accountId)
    else if (events.some((event) => event.case === 'profileChanged')) {
      this.profiles.changed(await this.queries.get(accountId))
    }
  }

  /** A new bot is one of those that a person may have, on the view as it is. Errors: TOO_MANY. */
  requireRoom(command: AccountCommand): void {
    if (command.type === 'CreateBot') requireRoom('bots', this.accounts.botsOf(command.ownerId).count)
  }

  #botsAsOf(ownerId: string): string {
    return `bots of ${ownerId} ${this.accounts.botsOf(ownerId).lastSeq}`
  }

  /**
   * The sequence of the commit that this very command wrote; undefined: it was not carried out. Errors: COMMAND_ID_REUSED, when the caller
   * has used the id for other content.
   */
  findResult(accountId: string, command: Content, caller: Caller): number | undefined {
    return resultOf(this.keyOf(accountId, command, caller), (scope) => this.accounts.command(scope))
  }

  /**
   * Whether the very command was carried out before; else `require` has found nothing against it. A request is sent again when its answer is
   * late, so the first one may be carried out in the middle of the second, whose requirements it takes away: who was deleted has no password.
   */
  async wasDone(accountId: string, command: Content, caller: Caller, require: () => Promise<void>): Promise<boolean> {
    const isDone = async () => {
      await this.queries.catchUp()
      return this.findResult(accountId, command, caller) !== undefined
    }
    if (await isDone()) return true
    try {
      await require()
      return false
    } catch (error) {
      if (error instanceof Refusal && (await isDone())) return true
      throw error
    }
  }

  /** What stands in the log for the id of the command. */
  keyOf(accountId: string, command: Content, { userId, commandId }: Caller): string {
    return this.keys.key(userId, commandId, [accountId, contentOf(command)])
  }

  /** Errors: FILE_NOT_FOUND and BAD_FILE for the picture, BAD_TEXT, INVALID_REQUEST. */
  async changeProfile(
    command: Extract<AccountCommand, { type: 'ChangeProfile' }>,
    caller: Caller,
  ): Promise<AccountRecord> {
    if (command.avatarFileId) await this.pictures.require(command.avatarFileId, caller)
    await this.run(caller.userId, command, caller)
    return this.queries.get(caller.userId)
  }

  /**
   * Deletes an account for an operator. A repeat finds it by its commit, because the name is gone. `isNew`: it was deleted now. Errors:
   * USER_NOT_FOUND, COMMAND_ID_REUSED.
   */
  async erase(username: string, anonymous: AnonymousCaller): Promise<{ userId: string; isNew: boolean }> {
    const caller = { ...anonymous, userId: '' }
    await this.queries.catchUp()
    const userId = (await this.queries.findByName(username))?.userId ?? (await this.#erased(caller))
    if (userId === undefined) throw new Refusal(ErrorReason.USER_NOT_FOUND)
    return { userId, isNew: await this.run(userId, { type: 'Delete' }, caller) }
  }

  /** The account that a command of the caller has written to. */
  async #erased({ userId, commandId }: Caller): Promise<string | undefined> {
    const seq = this.accounts.command(keyParts(this.keys.key(userId, commandId, []))?.scope ?? '')?.seq
    if (seq === undefined) return undefined
    const [stored] = await this.deps.store.read(IDENTITY_STREAM, { afterSeq: seq - 1, limit: 1 })
    return stored?.seq === seq ? stored.subject.split('.').at(-1) : undefined
  }
}

type Content = AccountCommand | Omit<Extract<AccountCommand, { type: 'Register' }>, 'passwordHash' | 'admission'>

/**
 * What must be the same in a repeated command. Not the time, nor what let the person register, which the first request may have used up. Not the hash of a password nor a sealed secret either, which are salted; the password is verified
 * instead, because a fast hash of it has no place in the log.
 */
const contentOf = (command: Content): unknown => ({
  ...command,
  passwordHash: undefined,
  sealedSecret: undefined,
  now: undefined,
  admission: undefined,
})
