import { type CommandDeps, commandCommit, type EventBody, handleCommand } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import {
  administratorAuditSubject,
  administratorSubject,
  FOUNDER_SUBJECT,
  IDENTITY_STREAM,
  listedSubject,
} from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import {
  AdministratorActedSchema,
  AdministratorAction,
  AdministratorListedSchema,
  FounderRegisteredSchema,
} from '@beseda/proto/identity/v1/events'
import { foldUsername } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import {
  type Candidate,
  isAdministrator,
  isFirst,
  mayResetPassword,
} from '../../domain/administrators/administrator.js'
import { type Appointment, appointmentDecider, countsAsAppointed } from '../../domain/administrators/appointment.js'
import type { AccountQueries } from '../accounts/account-queries.js'
import type { AnonymousCaller, Caller } from '../accounts/caller.js'
import { type CommandKeys, resultOf } from '../accounts/command-keys.js'
import { nameKey } from '../accounts/name-key.js'
import type { AccountReader, AccountRecord } from '../accounts/ports.js'
import type { ExternalStore, ProviderSays } from '../external/ports.js'
import { factorKey } from '../second-factor/second-factors.js'
import type { ResetRights } from '../sign-in/passwords.js'
import type { ActionRecord, AdministratorStore } from './ports.js'

/** What an action is about. */
export interface About {
  readonly userId?: string
  readonly groupId?: string
  readonly messageId?: string
  /** As in AdministratorActed. */
  readonly detail?: string
}

/** Who administers the installation (`domain/administrators`), how they are appointed and dismissed, and the audit log. */
export class Administrators implements ResetRights {
  readonly #listed: ReadonlySet<string>
  #settled = false

  constructor(
    private readonly deps: CommandDeps,
    private readonly keys: CommandKeys,
    private readonly store: AdministratorStore,
    private readonly accounts: Pick<AccountQueries, 'get' | 'findByName' | 'confirmRefusals' | 'catchUp'>,
    private readonly reader: Pick<AccountReader, 'byId' | 'byUsername' | 'firstPerson'>,
    private readonly external: Pick<ExternalStore, 'of'>,
    /** The names in ADMINS. */
    listed: readonly string[],
    /** Called for each name in ADMINS that makes nobody an administrator. */
    private readonly onIdleName: (username: string) => void,
    /** ADMIN_SECOND_FACTOR: administrators do nothing before they have a second factor. */
    private readonly needsSecondFactor = false,
  ) {
    this.#listed = new Set(listed)
  }

  /** Who founded the installation; undefined: nobody yet. */
  founder(): string | undefined {
    return this.store.founder()
  }

  is(account: AccountRecord): boolean {
    return isAdministrator(this.#candidate(account), this.#listed.size > 0)
  }

  /** An administrator who does nothing before they have a second factor. */
  lacksSecondFactor(account: AccountRecord): boolean {
    return this.needsSecondFactor && account.secondFactor === undefined && this.is(account)
  }

  /** No administrator dismisses or disables it: ADMINS names it or, while ADMINS is not set, it is the founder's. */
  isFirst(account: AccountRecord): boolean {
    return this.is(account) && isFirst(this.#candidate(account), this.#listed.size > 0)
  }

  /** For `by`, who is an administrator. Errors: NOT_PERMITTED, see {@link mayResetPassword}. */
  async requireMayResetPassword(target: AccountRecord, by: string): Promise<void> {
    const [of, actor] = [this.#candidate(target), this.#candidate(await this.accounts.get(by))]
    if (!mayResetPassword(of, actor, this.#listed.size > 0)) throw new Refusal(ErrorReason.NOT_PERMITTED)
  }

  mayStillReset(target: AccountRecord, by: string): boolean {
    // By mail: the address took its code along if it has changed since.
    if (by === target.userId) return target.email !== ''
    const actor = this.reader.byId(by)
    if (!actor || actor.disabled || !this.is(actor) || this.lacksSecondFactor(actor)) return false
    return mayResetPassword(this.#candidate(target), this.#candidate(actor), this.#listed.size > 0)
  }

  asOf(userId: string): string {
    const { reset, secondFactor } = this.reader.byId(userId) ?? {}
    const code = reset ? Buffer.from(reset.codeHash).toString('base64url') : ''
    return `rights of ${userId} ${this.store.appointment(userId).lastSeq} ${code} ${factorKey({ secondFactor })}`
  }

  /** Errors: NOT_PERMITTED; SECOND_FACTOR_OFF for an administrator who needs one first. */
  require(userId: string): Promise<void> {
    return this.accounts.confirmRefusals(async () => {
      const account = await this.accounts.get(userId)
      if (account.disabled || !this.is(account)) throw new Refusal(ErrorReason.NOT_PERMITTED)
      if (this.lacksSecondFactor(account)) throw new Refusal(ErrorReason.SECOND_FACTOR_OFF)
    })
  }

  /**
   * Called before the action is carried out, so that none is missing in the log. A repeated command is recorded once. A command id that is
   * used again for another action hides nothing: the action and whom it is about are part of the key. Errors: NOT_PERMITTED, when the
   * administrator was dismissed or disabled before the place of the record in the log, whatever replica decided; SECOND_FACTOR_OFF, when they
   * have turned off the second factor that they need.
   */
  async record(
    action: AdministratorAction,
    { commandId: id, userId: actorId, now }: Caller,
    about: About,
  ): Promise<void> {
    const commandId = `${this.keys.key(actorId, id, [action, about])}.audit`
    if (this.store.isRecorded(commandId)) return
    const value = create(AdministratorActedSchema, { action, ...about })
    const commit = commandCommit({ commandId, actorId, now }, [{ case: 'administratorActed', value }])
    const subject = administratorAuditSubject(actorId)
    await this.#wait(await this.deps.store.append({ stream: IDENTITY_STREAM, subject, commit }))
    if (actorId !== '') await this.require(actorId)
  }

  /** Newest first, and whether there are more. `beforeSeq` is exclusive; 0: from the newest. */
  actions(beforeSeq: number, limit: number): { actions: readonly ActionRecord[]; hasMore: boolean } {
    const found = this.store.actionsBefore(beforeSeq || Number.MAX_SAFE_INTEGER, limit + 1)
    return { actions: found.slice(0, limit), hasMore: found.length > limit }
  }

  /** Errors: COMMAND_ID_REUSED; NOT_PERMITTED for oneself, for a bot, and to dismiss an account that ADMINS names, or the founder's. */
  async set(userId: string, administrator: boolean, actor: Caller): Promise<void> {
    // On a view that lags, what is asked for may seem to be so already.
    await this.accounts.catchUp()
    if (this.#findResult(userId, administrator, actor) !== undefined) return
    const account = await this.accounts.get(userId)
    const fixed = !administrator && this.isFirst(account)
    if (userId === actor.userId || account.ownerId !== '' || fixed) throw new Refusal(ErrorReason.NOT_PERMITTED)
    if (this.is(account) === administrator) return
    const action = administrator ? AdministratorAction.APPOINT : AdministratorAction.DISMISS
    await this.record(action, actor, { userId })
    await this.#appoint(account, administrator, actor)
  }

  /** For an operator. Errors: USER_NOT_FOUND, NOT_PERMITTED for a bot. */
  async appointByName(username: string, caller: AnonymousCaller): Promise<string> {
    const account = await this.accounts.findByName(foldUsername(username))
    if (!account) throw new Refusal(ErrorReason.USER_NOT_FOUND)
    await this.set(account.userId, true, { ...caller, userId: '' })
    return account.userId
  }

  /**
   * What a provider says of somebody who has signed in by it. It takes away only what it gave, and nothing from the first (`isFirst`). One
   * statement is carried out once, however many sign-ins bring it at the same time.
   */
  async follow(userId: string, { providerId, isAdministrator }: ProviderSays, now: Date): Promise<void> {
    await this.accounts.catchUp()
    const account = await this.accounts.get(userId)
    const { state, lastSeq } = this.store.appointment(userId)
    if (account.disabled || this.is(account) === isAdministrator) return
    if (!isAdministrator && state?.providerId !== providerId) return
    const said = `${providerId} of ${userId} after ${lastSeq}: ${isAdministrator}`
    const caller = { commandId: said, userId: '', now }
    const action = isAdministrator ? AdministratorAction.APPOINT : AdministratorAction.DISMISS
    await this.record(action, caller, { userId, detail: providerId })
    await this.#appoint(account, isAdministrator, caller, providerId)
  }

  /** Writes into the log, once, who registered first and when each name in ADMINS was first seen. Can be repeated. */
  async settle(now: Date): Promise<void> {
    await this.settleFounder(now)
    for (const username of this.#listed) {
      const key = nameKey(username)
      const body = { case: 'administratorListed' as const, value: create(AdministratorListedSchema) }
      if (this.store.listedSince(key) === undefined) await this.#once(listedSubject(key), body, now)
      if (this.#settled) continue
      const account = this.reader.byUsername(username)
      if (!account || !this.is(account)) this.onIdleName(username)
    }
    this.#settled = true
  }

  async settleFounder(now: Date): Promise<void> {
    const first = this.store.founder() === undefined ? this.reader.firstPerson() : undefined
    if (first === undefined) return
    const value = create(FounderRegisteredSchema, { userId: first })
    await this.#once(FOUNDER_SUBJECT, { case: 'founderRegistered', value }, now)
  }

  /** Of the command, see {@link resultOf}. Otherwise a repeat would be carried out again, without a record. */
  #findResult(userId: string, administrator: boolean, caller: Caller): number | undefined {
    return resultOf(this.#keyOf(userId, administrator, caller), (scope) => this.store.command(scope))
  }

  #keyOf(userId: string, administrator: boolean, { commandId, userId: actorId }: Caller): string {
    // A scope of its own: the same id may have served a command on an account.
    return this.keys.key(actorId, `${commandId} appointment`, [userId, administrator])
  }

  async #appoint(account: AccountRecord, administrator: boolean, caller: Caller, providerId = '') {
    const { userId } = account
    const { userId: actorId, now } = caller
    await handleCommand<Appointment>(this.deps, {
      key: `administrator ${userId}`,
      stream: IDENTITY_STREAM,
      subject: administratorSubject(userId),
      commandId: this.#keyOf(userId, administrator, caller),
      actorId,
      now,
      findResult: () => this.#findResult(userId, administrator, caller),
      load: () => this.store.appointment(userId),
      decide: (state) => appointmentDecider.decide({ administrator, present: this.is(account), providerId }, state),
      guard: () => this.asOf(userId),
    })
  }

  /** Writes the first event of a subject. Another replica may have written it. */
  async #once(subject: string, body: EventBody, now: Date): Promise<void> {
    const { store, projection } = this.deps
    const commit = commandCommit({ commandId: newId(), actorId: '', now }, [body])
    const result = await store.append({ stream: IDENTITY_STREAM, subject, commit, expect: { subject, lastSeq: 0 } })
    if (result.kind === 'appended') await this.#wait(result)
    else await projection.waitFor(IDENTITY_STREAM, (await store.last(IDENTITY_STREAM, subject))?.seq ?? 0)
  }

  async #wait(result: Awaited<ReturnType<CommandDeps['store']['append']>>): Promise<void> {
    if (result.kind === 'appended') await this.deps.projection.waitFor(IDENTITY_STREAM, result.seq)
  }

  #providersOf(userId: string): readonly string[] {
    return this.external.of(userId).map(({ providerId }) => providerId)
  }

  #candidate({ userId, username, ownerId, createdSeq }: AccountRecord): Candidate {
    return {
      isBot: ownerId !== '',
      registeredAt: createdSeq,
      isFounder: this.store.founder() === userId,
      appointed: countsAsAppointed(this.store.appointment(userId).state, () => this.#providersOf(userId)),
      listedAt: this.#listed.has(username) ? this.store.listedSince(nameKey(username)) : undefined,
    }
  }
}
