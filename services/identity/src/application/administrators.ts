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
  AdministratorAppointedSchema,
  AdministratorDismissedSchema,
  AdministratorListedSchema,
  FounderRegisteredSchema,
} from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import { type Candidate, isAdministrator, isConfigured } from '../domain/administrators.js'
import {
  type ActionRow,
  actionsBefore,
  appointmentOf,
  founderOf,
  isRecorded,
  listedSince,
} from '../projections/administrators.js'
import { type AccountRow, accountByUsername, firstPerson } from '../projections/queries.js'
import { type Accounts, keyOf } from './accounts.js'
import type { CommandKeys } from './command-keys.js'

/** Who does something, and the id by which it is done once. */
export interface Actor {
  readonly commandId: string
  /** Empty: an operator. */
  readonly userId: string
  readonly now: Date
}

export interface About {
  readonly userId?: string
  readonly groupId?: string
  readonly messageId?: string
}

/** The names in ADMINS, separated by commas. */
export const listedNames = (env: Readonly<Record<string, string | undefined>> = process.env): readonly string[] =>
  (env.ADMINS ?? '').split(',').flatMap((name) => name.trim().toLowerCase() || [])

/** Who looks after the installation (domain/administrators.ts), how they come and go, and the log of what they do. */
export class Administrators {
  readonly #listed: ReadonlySet<string>
  #settled = false

  constructor(
    private readonly deps: CommandDeps,
    private readonly keys: CommandKeys,
    private readonly accounts: Pick<Accounts, 'get' | 'findByName'>,
    listed: readonly string[],
    /** A name in ADMINS that gives nobody any right. */
    private readonly onIdleName: (username: string) => void,
  ) {
    this.#listed = new Set(listed)
  }

  is(account: AccountRow): boolean {
    return isAdministrator(this.#candidate(account), this.#listed.size > 0)
  }

  isConfigured(account: AccountRow): boolean {
    return isConfigured(this.#candidate(account))
  }

  /** Errors: NOT_PERMITTED. */
  async require(userId: string): Promise<void> {
    const account = await this.accounts.get(userId)
    if (account.disabled || !this.is(account)) throw new Refusal(ErrorReason.NOT_PERMITTED)
  }

  /**
   * Before the action is done, so that none is missing in the log. A repeated command is recorded once; a command id that is used for another
   * action hides nothing: what was done and to whom is part of the key.
   */
  async record(action: AdministratorAction, { commandId: id, userId: actorId, now }: Actor, about: About) {
    const commandId = `${this.keys.key(actorId, id, [action, about])}.audit`
    if (isRecorded(this.#view, commandId)) return
    const value = create(AdministratorActedSchema, { action, ...about })
    const commit = commandCommit({ commandId, actorId, now }, [{ case: 'administratorActed', value }])
    const subject = administratorAuditSubject(actorId)
    await this.#wait(await this.deps.store.append({ stream: IDENTITY_STREAM, subject, commit }))
  }

  /** Newest first, and whether there are more. */
  actions(beforeSeq: number, limit: number): { actions: ActionRow[]; hasMore: boolean } {
    const found = actionsBefore(this.#view, beforeSeq || Number.MAX_SAFE_INTEGER, limit + 1)
    return { actions: found.slice(0, limit), hasMore: found.length > limit }
  }

  /** Errors: NOT_PERMITTED for oneself, for a bot, and to end what ADMINS says. */
  async set(userId: string, administrator: boolean, actor: Actor): Promise<void> {
    const account = await this.accounts.get(userId)
    const fixed = !administrator && this.isConfigured(account)
    if (userId === actor.userId || account.owner_id !== '' || fixed) throw new Refusal(ErrorReason.NOT_PERMITTED)
    if (this.is(account) === administrator) return
    const action = administrator ? AdministratorAction.APPOINT : AdministratorAction.DISMISS
    await this.record(action, actor, { userId })
    await this.#appoint(account, administrator, actor)
  }

  /** By the operator's word. Errors: USER_NOT_FOUND, NOT_PERMITTED for a bot. */
  async appointByName(username: string, actor: Omit<Actor, 'userId'>): Promise<string> {
    const account = await this.accounts.findByName(username.trim().toLowerCase())
    if (!account) throw new Refusal(ErrorReason.USER_NOT_FOUND)
    await this.set(account.user_id, true, { ...actor, userId: '' })
    return account.user_id
  }

  /** What has to be in the log once: who was first, and when each name of ADMINS was first seen. Can be done again. */
  async settle(now: Date): Promise<void> {
    await this.settleFounder(now)
    for (const username of this.#listed) {
      const key = keyOf(username)
      const body = { case: 'administratorListed' as const, value: create(AdministratorListedSchema) }
      if (listedSince(this.#view, key) === undefined) await this.#once(listedSubject(key), body, now)
      if (this.#settled) continue
      const account = accountByUsername(this.#view, username)
      if (!account || !this.is(account)) this.onIdleName(username)
    }
    this.#settled = true
  }

  async settleFounder(now: Date): Promise<void> {
    const first = founderOf(this.#view) === undefined ? firstPerson(this.#view) : undefined
    if (first === undefined) return
    const value = create(FounderRegisteredSchema, { userId: first })
    await this.#once(FOUNDER_SUBJECT, { case: 'founderRegistered', value }, now)
  }

  async #appoint(account: AccountRow, administrator: boolean, { commandId, userId: actorId, now }: Actor) {
    const { user_id: userId } = account
    const body: EventBody = administrator
      ? { case: 'administratorAppointed', value: create(AdministratorAppointedSchema) }
      : { case: 'administratorDismissed', value: create(AdministratorDismissedSchema) }
    await handleCommand<boolean>(this.deps, {
      key: `administrator ${userId}`,
      stream: IDENTITY_STREAM,
      subject: administratorSubject(userId),
      commandId: this.keys.key(actorId, commandId, [userId, administrator]),
      actorId,
      now,
      load: () => ({ state: this.is(account), lastSeq: appointmentOf(this.#view, userId)?.seq ?? 0 }),
      decide: (already) => (already === administrator ? [] : [body]),
    })
  }

  /** The first on a subject; somebody else's counts as well. */
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

  #candidate({ user_id, username, owner_id, created_seq }: AccountRow): Candidate {
    const appointment = appointmentOf(this.#view, user_id)
    return {
      isBot: owner_id !== '',
      registeredAt: created_seq,
      isFounder: founderOf(this.#view) === user_id,
      appointed: appointment && appointment.appointed === 1,
      listedAt: this.#listed.has(username) ? listedSince(this.#view, keyOf(username)) : undefined,
    }
  }

  get #view() {
    return this.deps.projection.view
  }
}
