import type { Scope } from '@beseda/proto/common/v1/policy'
import type { Admission, KeyAlgorithm } from '@beseda/proto/identity/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'

export interface Profile {
  readonly displayName: string
  readonly statusText: string
  /** When the status text ends, Unix ms; 0: it stays. */
  readonly statusUntil: number
  readonly locale: string
  readonly timeZone: string
  /** File id; empty: no picture. */
  readonly avatarFileId: string
}

/** A code for a new password, by its hash. `until`: Unix ms, exclusive. */
export interface PasswordReset {
  readonly codeHash: Uint8Array
  readonly until: number
  /** The administrator who gave it out, or the person themself, who got it by mail; empty: by an earlier release. */
  readonly offeredBy: string
}

/** An address that waits for its link to be opened, with the hash of the link's code. `until`: Unix ms, exclusive. */
export interface UnconfirmedEmail {
  readonly address: string
  readonly codeHash: Uint8Array
  readonly until: number
}

/** What is asked beside the password or the provider: codes of an authenticator app. */
export interface SecondFactor {
  /** The secret of the app, encrypted (ADR 106). */
  readonly sealedSecret: Uint8Array
  /** Of the recovery codes that were not used, in base64url, the order in which they were made. */
  readonly recoveryHashes: readonly string[]
}

export interface DevicePublicKey {
  readonly algorithm: KeyAlgorithm
  readonly publicKey: Uint8Array
}

/** An account that can be used: of a person, or of a bot. */
export interface Account extends Profile {
  readonly status: 'open'
  readonly username: string
  /** PHC string. Empty for a bot, and for a person who signs in by other means only. */
  readonly passwordHash: string
  /** The person to whom a bot belongs; empty for a person. */
  readonly ownerId: string
  /** SHA-256 of a bot's token; undefined for a person. */
  readonly tokenHash: Uint8Array | undefined
  readonly disabled: boolean
  /** Ids of the passkeys that sign in. */
  readonly passkeys: ReadonlySet<string>
  /** Public keys that the person's devices sign with, by device, the oldest first. */
  readonly deviceKeys: ReadonlyMap<string, DevicePublicKey>
  /** Identities at providers that sign in: the provider's id by the key of the identity. */
  readonly providers: ReadonlyMap<string, string>
  readonly reset: PasswordReset | undefined
  /** Confirmed; empty: none. */
  readonly email: string
  readonly unconfirmed: UnconfirmedEmail | undefined
  readonly secondFactor: SecondFactor | undefined
}

/** Nobody has registered under this id yet. An identity at a provider is claimed before its account is made. */
export interface NoAccount {
  readonly status: 'none'
  readonly providers: ReadonlyMap<string, string>
}

/** Deleted for good: the id is never used again. */
export interface DeletedAccount {
  readonly status: 'deleted'
}

export type AccountState = NoAccount | Account | DeletedAccount

export type AccountCommand =
  | {
      readonly type: 'Register'
      readonly username: string
      readonly displayName: string
      readonly passwordHash: string
      readonly locale: string
      readonly admission: Admission
    }
  | {
      readonly type: 'CreateBot'
      readonly username: string
      readonly displayName: string
      readonly ownerId: string
      readonly tokenHash: Uint8Array
      readonly scopes: readonly Scope[]
    }
  | { readonly type: 'Delete' }
  | ({ readonly type: 'ChangeProfile' } & Partial<Profile>)
  | { readonly type: 'ChangePassword'; readonly passwordHash: string }
  | {
      readonly type: 'OfferPasswordReset'
      readonly codeHash: Uint8Array
      readonly offeredBy: string
      readonly now: number
    }
  | {
      readonly type: 'MailPasswordReset'
      readonly userId: string
      readonly codeHash: Uint8Array
      /** When the person asked. */
      readonly at: number
    }
  | { readonly type: 'SetEmail'; readonly address: string; readonly codeHash: Uint8Array; readonly now: number }
  | { readonly type: 'ConfirmEmail'; readonly codeHash: Uint8Array; readonly now: number }
  | { readonly type: 'RemoveEmail' }
  | {
      readonly type: 'ResetPassword'
      readonly userId: string
      readonly codeHash: Uint8Array
      readonly passwordHash: string
      readonly now: number
    }
  | { readonly type: 'ReplaceBotToken'; readonly tokenHash: Uint8Array }
  | {
      readonly type: 'AddPasskey'
      readonly credentialId: Uint8Array
      readonly publicKey: Uint8Array
      readonly transports: readonly string[]
      readonly name: string
    }
  | { readonly type: 'RemovePasskey'; readonly credentialId: Uint8Array }
  | {
      readonly type: 'AddSecondFactor'
      readonly sealedSecret: Uint8Array
      readonly recoveryHashes: readonly Uint8Array[]
    }
  /** `taken`: by an administrator. */
  | { readonly type: 'RemoveSecondFactor'; readonly taken: boolean }
  | { readonly type: 'ReplaceRecoveryCodes'; readonly recoveryHashes: readonly Uint8Array[] }
  | { readonly type: 'UseRecoveryCode'; readonly recoveryHash: Uint8Array }
  | ({ readonly type: 'SetDeviceKey'; readonly deviceId: string } & DevicePublicKey)
  | { readonly type: 'RemoveDeviceKeys'; readonly deviceIds: readonly string[] }
  | { readonly type: 'UnlinkProvider'; readonly providerId: string }
  | { readonly type: 'SetDisabled'; readonly disabled: boolean }

/** What opens an account. */
export type Opening = Extract<AccountCommand, { type: 'Register' | 'CreateBot' }>

/**
 * What happened to an account: the events of its own subject, and the claims on identities at providers, which stand on subjects of their
 * own. `key` names such an identity.
 */
export type AccountEvent =
  | Event['body']
  | { readonly case: 'providerClaimed'; readonly key: string; readonly providerId: string }
  | { readonly case: 'providerLost'; readonly key: string }

/** The text form of a hash of a recovery code. */
export const recoveryKey = (recoveryHash: Uint8Array): string => Buffer.from(recoveryHash).toString('base64url')

/** The text form of a passkey's credential id. */
export const passkeyId = (credentialId: Uint8Array): string => Buffer.from(credentialId).toString('base64url')

export const sameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, i) => byte === other[i])
