import type { Claims } from '../../domain/accounts/new-name.js'
import type { ProviderRoles } from '../../domain/sign-in/provider-roles.js'

/** A person whom a provider has authenticated. */
export interface ProviderPerson {
  readonly providerId: string
  readonly issuer: string
  readonly subject: string
  readonly claims: Claims
  readonly roles: ProviderRoles
}

/** A provider says whether a person administers the installation. */
export interface ProviderSays {
  readonly providerId: string
  readonly isAdministrator: boolean
}

/** The secrets of one sign-in, checked when the browser comes back. */
export interface ProviderSecrets {
  readonly verifier: string
  readonly state: string
  readonly nonce: string
}

export abstract class OidcProviders {
  abstract list(): readonly { readonly id: string; readonly name: string }[]
  /** Undefined: there is no such provider. */
  abstract start(providerId: string): Promise<({ readonly url: string } & ProviderSecrets) | undefined>
  /** Errors: any, when something does not match. */
  abstract finish(
    providerId: string,
    expected: ProviderSecrets,
    answer: { readonly code: string; readonly state: string; readonly iss: string },
  ): Promise<ProviderPerson>
}

/** An identity at a provider and the account that it signs in to. */
export interface ExternalRecord {
  readonly key: string
  readonly providerId: string
  readonly userId: string
  /** Of the newest commit about it. */
  readonly seq: number
}

export abstract class ExternalStore {
  /** Undefined: nobody has claimed it, or its person gave it up. */
  abstract byKey(key: string): ExternalRecord | undefined
  abstract of(userId: string): readonly ExternalRecord[]
  /** Given up by their people, while the log still says who they were. */
  abstract unreleased(): readonly Pick<ExternalRecord, 'key' | 'seq'>[]
}
