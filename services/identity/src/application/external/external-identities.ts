import { createHash } from 'node:crypto'
import { forEachSettled } from '@beseda/async'
import { type CommandDeps, commandCommit, type EventBody } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { externalSubject, IDENTITY_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { ExternalIdentityClaimedSchema, ExternalIdentityReleasedSchema } from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import { displayNameOf, usernameCandidates } from '../../domain/accounts/new-name.js'
import type { AccountCommands } from '../accounts/account-commands.js'
import type { AccountQueries } from '../accounts/account-queries.js'
import type { Caller } from '../accounts/caller.js'
import type { AccountRecord } from '../accounts/ports.js'
import type { Registration } from '../accounts/registration.js'
import type { AccountLetters } from '../email/account-letters.js'
import type { Admitted } from '../registration/admissions.js'
import type { Sealed } from '../sign-in/sealed.js'
import type { Proven } from '../sign-in/sign-ins.js'
import type { ExternalRecord, ExternalStore, OidcProviders, ProviderPerson, ProviderSecrets } from './ports.js'

/** What the browser keeps, sealed, while it is at the provider. */
export interface OidcFlow extends ProviderSecrets {
  readonly providerId: string
}

/** What the browser brings back. */
export interface OidcAnswer {
  readonly flow: string
  readonly code: string
  readonly state: string
  readonly iss: string
}

/** Of somebody who may have no account yet: their language, and what they have that may let them register. */
export interface Newcomer {
  readonly locale: string
  readonly code: string
}

/** Sign-in with identities at providers. An identity is issuer and subject, never a name or a mail address. */
export class ExternalIdentities {
  constructor(
    private readonly deps: CommandDeps,
    private readonly store: ExternalStore,
    private readonly accounts: Pick<AccountQueries, 'find' | 'wasDeleted'>,
    private readonly commands: Pick<AccountCommands, 'run'>,
    private readonly registration: Pick<Registration, 'admit' | 'openFor'>,
    private readonly providers: OidcProviders,
    private readonly letters: Pick<AccountLetters, 'linked'>,
    private readonly flows: Sealed<OidcFlow>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  list(): readonly { readonly id: string; readonly name: string }[] {
    return this.providers.list()
  }

  of(userId: string): readonly ExternalRecord[] {
    return this.store.of(userId)
  }

  /** Errors: PROVIDER_NOT_FOUND, UNAVAILABLE. */
  async start(providerId: string, now: number): Promise<{ authorizationUrl: string; flow: string }> {
    const started = await this.providers.start(providerId).catch((error: unknown) => {
      this.onFailure(error)
      throw new Refusal(ErrorReason.UNAVAILABLE)
    })
    if (!started) throw new Refusal(ErrorReason.PROVIDER_NOT_FOUND)
    const { url, ...secrets } = started
    return { authorizationUrl: url, flow: this.flows.seal({ providerId, ...secrets }, now) }
  }

  /**
   * The account of the provider's person, which is made the first time, if `newcomer.code` or the provider lets them register. Errors: SIGN_IN_FAILED, NOT_PERMITTED for whoever is in none of the groups that may
   * sign in, those of `Admissions.find`.
   */
  async signIn(answer: OidcAnswer, newcomer: Newcomer, now: Date): Promise<Proven> {
    const person = await this.#finish(answer, now)
    if (!person.roles.maySignIn) throw new Refusal(ErrorReason.NOT_PERMITTED)
    const key = externalKey(person.issuer, person.subject)
    const wanted = newId()
    // Nothing is kept of somebody who may not register.
    if (!this.store.byKey(key)) await this.#admit(newcomer, wanted, now)
    const userId = await this.#claim(person, wanted, now)
    const found = await this.accounts.find(userId)
    // A claim without an account: the process ended in between, or another request is making the account.
    const account = found ?? (await this.#register(person, newcomer, { commandId: userId, userId, now }))
    const { providerId } = person
    const { isAdministrator } = person.roles
    const says = isAdministrator === undefined ? undefined : { providerId, isAdministrator }
    return { account, holds: () => this.store.byKey(key)?.userId === userId, external: key, says }
  }

  /** The provider's person signs in to this account from now on. Errors: SIGN_IN_FAILED, ALREADY_LINKED. */
  async link(answer: OidcAnswer, userId: string, now: Date): Promise<void> {
    const person = await this.#finish(answer, now)
    const before = this.store.byKey(externalKey(person.issuer, person.subject))?.userId
    if ((await this.#claim(person, userId, now)) !== userId) throw new Refusal(ErrorReason.ALREADY_LINKED)
    if (before !== userId) await this.letters.linked(userId, now)
  }

  /** Errors: LAST_SIGN_IN. */
  async unlink(providerId: string, caller: Caller): Promise<void> {
    await this.commands.run(caller.userId, { type: 'UnlinkProvider', providerId }, caller)
    await this.release(caller.now)
  }

  /** Erases from the log whose the identities were that people gave up. Can be repeated. Errors: PartialFailure. */
  async release(now: Date): Promise<void> {
    await forEachSettled(
      this.store.unreleased(),
      ({ key }) => `external identity ${key}`,
      async ({ key, seq }) => {
        const value = create(ExternalIdentityReleasedSchema)
        const isReleased = await this.#append(key, seq, { case: 'externalIdentityReleased', value }, '', now)
        if (isReleased) await this.deps.store.purge(IDENTITY_STREAM, externalSubject(key), seq)
      },
    )
  }

  async #finish({ flow, code, state, iss }: OidcAnswer, now: Date): Promise<ProviderPerson> {
    const kept = this.flows.open(flow, now.getTime())
    if (!kept) throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    return this.providers.finish(kept.providerId, kept, { code, state, iss }).catch((error: unknown) => {
      this.onFailure(error)
      throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    })
  }

  /** Whose identity it is: `wanted`, unless somebody has claimed it before. */
  async #claim({ providerId, issuer, subject }: ProviderPerson, wanted: string, now: Date): Promise<string> {
    const key = externalKey(issuer, subject)
    for (;;) {
      const last = await this.deps.store.last(IDENTITY_STREAM, externalSubject(key))
      await this.deps.projection.waitFor(IDENTITY_STREAM, last?.seq ?? 0)
      const holder = this.store.byKey(key)
      if (holder && !this.accounts.wasDeleted(holder.userId)) return holder.userId
      const value = create(ExternalIdentityClaimedSchema, { providerId, issuer, subject, userId: wanted })
      if (await this.#append(key, last?.seq ?? 0, { case: 'externalIdentityClaimed', value }, wanted, now))
        return wanted
    }
  }

  /** False: another replica was first. */
  async #append(key: string, lastSeq: number, body: EventBody, actorId: string, now: Date): Promise<boolean> {
    const subject = externalSubject(key)
    const commit = commandCommit({ commandId: newId(), actorId, now }, [body])
    const result = await this.deps.store.append({
      stream: IDENTITY_STREAM,
      subject,
      commit,
      expect: { subject, lastSeq },
    })
    if (result.kind === 'conflict') return false
    await this.deps.projection.waitFor(IDENTITY_STREAM, result.seq)
    return true
  }

  #admit({ code }: Newcomer, userId: string, now: Date): Promise<Admitted> {
    return this.registration.admit(code, 'provider', { commandId: userId, userId, now })
  }

  /** Under the first user name that is free. */
  async #register({ claims }: ProviderPerson, newcomer: Newcomer, caller: Caller): Promise<AccountRecord> {
    const admitted = await this.#admit(newcomer, caller.userId, caller.now)
    const { locale } = newcomer
    const displayName = displayNameOf(claims)
    for (const username of usernameCandidates(claims, caller.userId.slice(-12))) {
      try {
        const command = { type: 'Register', username, displayName, passwordHash: '', locale } as const
        return await this.registration.openFor(command, admitted, caller)
      } catch (error) {
        const made = await this.accounts.find(caller.userId)
        if (made) return made
        if (!(error instanceof Refusal) || error.reason !== ErrorReason.USERNAME_TAKEN) throw error
      }
    }
    throw new Refusal(ErrorReason.USERNAME_TAKEN)
  }
}

/** Issuers and subjects are texts of any kind; their hash stands for them in subjects of the log. */
export const externalKey = (issuer: string, subject: string): string =>
  createHash('sha256').update(`${issuer}\0${subject}`).digest('hex')
