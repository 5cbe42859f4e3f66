import { createHash } from 'node:crypto'
import { forEachSettled } from '@beseda/async'
import { type CommandDeps, commandCommit } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { externalSubject, IDENTITY_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { ExternalIdentityClaimedSchema, ExternalIdentityReleasedSchema } from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import { type Claims, displayNameOf, usernameCandidates } from '../domain/new-name.js'
import { type ExternalRow, externalByKey, externalsOf, unreleasedExternals } from '../projections/credentials.js'
import type { AccountRow } from '../projections/queries.js'
import type { Accounts, Caller } from './accounts.js'
import type { Sealed } from './sealed.js'

/** Whom a provider vouches for. */
export interface OidcPerson {
  readonly providerId: string
  readonly issuer: string
  readonly subject: string
  readonly claims: Claims
}

export interface OidcProviders {
  list(): readonly { readonly id: string; readonly name: string }[]
  /** Undefined: there is no such provider. */
  start(providerId: string): Promise<{ url: string; verifier: string; state: string; nonce: string } | undefined>
  /** Errors: whatever is not as it should be. */
  finish(
    providerId: string,
    expected: { readonly verifier: string; readonly state: string; readonly nonce: string },
    answer: { readonly code: string; readonly state: string; readonly iss: string },
  ): Promise<OidcPerson>
}

/** What the browser keeps, sealed, while it is at the provider. */
export interface OidcFlow {
  readonly providerId: string
  readonly verifier: string
  readonly state: string
  readonly nonce: string
}

interface OidcAnswer {
  readonly flow: string
  readonly code: string
  readonly state: string
  readonly iss: string
}

/** Signing in as somebody a provider knows. A provider's person is issuer and subject, never a name or an address. */
export class ExternalIdentities {
  constructor(
    private readonly deps: CommandDeps,
    private readonly accounts: Accounts,
    private readonly providers: OidcProviders,
    private readonly flows: Sealed<OidcFlow>,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  list() {
    return this.providers.list()
  }

  /** Errors: PROVIDER_NOT_FOUND, UNAVAILABLE. */
  async start(providerId: string, now: number): Promise<{ authorizationUrl: string; flow: string }> {
    const started = await this.providers.start(providerId).catch((error: unknown) => {
      this.onFailure(error)
      throw new Refusal(ErrorReason.UNAVAILABLE)
    })
    if (!started) throw new Refusal(ErrorReason.PROVIDER_NOT_FOUND)
    const { url, ...kept } = started
    return { authorizationUrl: url, flow: this.flows.seal({ providerId, ...kept }, now) }
  }

  /** The account of the provider's person, made now if there is none. Errors: SIGN_IN_FAILED. */
  async signIn(answer: OidcAnswer, locale: string, now: Date): Promise<AccountRow> {
    const person = await this.#finish(answer, now)
    const holder = await this.#claim(person, newId(), now)
    const caller = { commandId: holder, userId: holder, now }
    // A claim without an account: the process died in between, or another one is at it.
    return (await this.accounts.find(holder)) ?? this.#register(person, locale, caller)
  }

  /** Errors: SIGN_IN_FAILED, ALREADY_LINKED. */
  async link(answer: OidcAnswer, userId: string, now: Date): Promise<void> {
    const person = await this.#finish(answer, now)
    if ((await this.#claim(person, userId, now)) !== userId) throw new Refusal(ErrorReason.ALREADY_LINKED)
  }

  /** Errors: LAST_SIGN_IN. */
  async unlink(providerId: string, caller: Caller): Promise<void> {
    await this.accounts.run({ type: 'UnlinkProvider', providerId }, caller)
    await this.release(caller.now)
  }

  /** Who it was is not kept. Can be done again: a process may die in between. */
  async release(now: Date): Promise<void> {
    await forEachSettled(
      unreleasedExternals(this.#view),
      ({ key }) => `external identity ${key}`,
      async ({ key, seq }) => {
        const body = { case: 'externalIdentityReleased' as const, value: create(ExternalIdentityReleasedSchema) }
        if (await this.#append(key, seq, body, '', now)) {
          await this.deps.store.purge(IDENTITY_STREAM, externalSubject(key), seq)
        }
      },
    )
  }

  of(userId: string): readonly ExternalRow[] {
    return externalsOf(this.#view, userId)
  }

  get #view() {
    return this.deps.projection.view
  }

  async #finish({ flow, code, state, iss }: OidcAnswer, now: Date): Promise<OidcPerson> {
    const kept = this.flows.open(flow, now.getTime())
    if (!kept) throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    return this.providers.finish(kept.providerId, kept, { code, state, iss }).catch((error: unknown) => {
      this.onFailure(error)
      throw new Refusal(ErrorReason.SIGN_IN_FAILED)
    })
  }

  /** Whose account it is: the wanted person's, if nobody has claimed it before. */
  async #claim({ providerId, issuer, subject }: OidcPerson, wanted: string, now: Date): Promise<string> {
    const key = keyOf(issuer, subject)
    for (;;) {
      const last = await this.deps.store.last(IDENTITY_STREAM, externalSubject(key))
      await this.deps.projection.waitFor(IDENTITY_STREAM, last?.seq ?? 0)
      const holder = externalByKey(this.#view, key)
      if (holder && !this.accounts.wasDeleted(holder.user_id)) return holder.user_id
      const value = create(ExternalIdentityClaimedSchema, { providerId, issuer, subject, userId: wanted })
      const body = { case: 'externalIdentityClaimed' as const, value }
      if (await this.#append(key, last?.seq ?? 0, body, wanted, now)) return wanted
    }
  }

  /** False: somebody else was first. */
  async #append(
    key: string,
    lastSeq: number,
    body: Parameters<typeof commandCommit>[1][number],
    actorId: string,
    now: Date,
  ): Promise<boolean> {
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

  /** Under the first user name that is free. */
  async #register({ claims }: OidcPerson, locale: string, caller: Caller): Promise<AccountRow> {
    const displayName = displayNameOf(claims)
    for (const username of usernameCandidates(claims, caller.userId.slice(-12))) {
      try {
        const command = { type: 'Register' as const, username, displayName, passwordHash: '', locale }
        return await this.accounts.open(command, caller)
      } catch (error) {
        if (!(error instanceof Refusal) || error.reason !== ErrorReason.USERNAME_TAKEN) throw error
      }
    }
    throw new Refusal(ErrorReason.USERNAME_TAKEN)
  }
}

/** Issuers and subjects are texts of any kind: in a subject stands their hash. */
export const keyOf = (issuer: string, subject: string): string =>
  createHash('sha256').update(`${issuer}\0${subject}`).digest('hex')
