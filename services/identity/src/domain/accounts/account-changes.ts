import type { Scope } from '@beseda/proto/common/v1/policy'
import {
  Admission,
  type BotCreated,
  type EmailChanged,
  type PasswordResetOffered,
  type ProfileChanged,
} from '@beseda/proto/identity/v1/events'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import {
  type Account,
  type AccountEvent,
  type AccountState,
  type DevicePublicKey,
  type Profile,
  passkeyId,
  recoveryKey,
} from './account.js'

/** What an event changes. The state of the aggregate and the tables of the view apply the same changes. */
export type AccountChange =
  | ({ readonly kind: 'opened'; readonly scopes: readonly Scope[]; readonly admission: Admission } & Opened)
  | { readonly kind: 'deleted' }
  | { readonly kind: 'set'; readonly values: AccountValues }
  | {
      readonly kind: 'passkeyAdded'
      readonly credentialId: Uint8Array
      readonly publicKey: Uint8Array
      readonly name: string
    }
  | { readonly kind: 'passkeyRemoved'; readonly credentialId: Uint8Array }
  | ({ readonly kind: 'deviceKeySet'; readonly deviceId: string } & DevicePublicKey)
  | { readonly kind: 'deviceKeyRemoved'; readonly deviceId: string }
  | {
      readonly kind: 'secondFactorAdded'
      readonly sealedSecret: Uint8Array
      readonly recoveryHashes: readonly string[]
    }
  | { readonly kind: 'secondFactorRemoved'; readonly taken: boolean }
  | { readonly kind: 'recoveryCodesReplaced'; readonly recoveryHashes: readonly string[] }
  | { readonly kind: 'recoveryCodeUsed'; readonly recoveryHash: string }
  | { readonly kind: 'providerAdded'; readonly key: string; readonly providerId: string }
  | { readonly kind: 'providerRemoved'; readonly key: string }

type Opened = Pick<Account, 'username' | 'displayName' | 'passwordHash' | 'locale' | 'ownerId' | 'tokenHash'>

/** New values of fields that are replaced as a whole. */
export type AccountValues = Partial<
  Pick<Account, keyof Profile | 'passwordHash' | 'tokenHash' | 'disabled' | 'reset' | 'email' | 'unconfirmed'>
>

/** The one reading of an event. */
export function changesOf(event: AccountEvent): readonly AccountChange[] {
  switch (event.case) {
    case 'accountRegistered': {
      const { username, displayName, passwordHash, locale, admission } = event.value
      const bot = { ownerId: '', tokenHash: undefined, scopes: [] }
      return [{ kind: 'opened', username, displayName, passwordHash, locale, admission, ...bot }]
    }
    case 'botCreated':
      return [{ kind: 'opened', ...botOf(event.value), passwordHash: '', locale: '', admission: Admission.UNSPECIFIED }]
    case 'accountDeleted':
      return [{ kind: 'deleted' }]
    case 'passwordChanged':
      return [set({ passwordHash: event.value.passwordHash, ...NOTHING_BEGUN })]
    case 'passwordResetOffered':
      return [set({ reset: resetOf(event.value) })]
    case 'emailChanged':
      return [set({ unconfirmed: unconfirmedOf(event.value) })]
    case 'emailConfirmed':
      return [set(emailOf(event.value.address))]
    case 'emailRemoved':
      return [set(emailOf(''))]
    case 'botTokenReplaced':
      return [set({ tokenHash: event.value.tokenHash })]
    case 'profileChanged':
      return [set(profileOf(event.value))]
    case 'accountDisabled':
    case 'accountEnabled':
      return [set({ disabled: event.case === 'accountDisabled' })]
    case 'passkeyAdded': {
      const { credentialId, publicKey, name } = event.value
      return [{ kind: 'passkeyAdded', credentialId, publicKey, name }]
    }
    case 'passkeyRemoved':
      return [{ kind: 'passkeyRemoved', credentialId: event.value.credentialId }]
    case 'secondFactorAdded': {
      const { sealedSecret, recoveryHashes } = event.value
      const added = { sealedSecret, recoveryHashes: recoveryHashes.map(recoveryKey) }
      return [{ kind: 'secondFactorAdded', ...added }, set({ unconfirmed: undefined })]
    }
    case 'secondFactorRemoved':
      return [{ kind: 'secondFactorRemoved', taken: event.value.taken }]
    case 'recoveryCodesReplaced':
      return [{ kind: 'recoveryCodesReplaced', recoveryHashes: event.value.recoveryHashes.map(recoveryKey) }]
    case 'recoveryCodeUsed':
      return [{ kind: 'recoveryCodeUsed', recoveryHash: recoveryKey(event.value.recoveryHash) }]
    case 'deviceKeySet': {
      const { deviceId, algorithm, publicKey } = event.value
      return [{ kind: 'deviceKeySet', deviceId, algorithm, publicKey }]
    }
    case 'deviceKeysRemoved':
      return event.value.deviceIds.map((deviceId) => ({ kind: 'deviceKeyRemoved', deviceId }))
    case 'providerUnlinked':
      return event.value.keys.map((key) => ({ kind: 'providerRemoved', key }))
    case 'providerClaimed':
      return [{ kind: 'providerAdded', key: event.key, providerId: event.providerId }]
    case 'providerLost':
      return [{ kind: 'providerRemoved', key: event.key }]
    default:
      return []
  }
}

export function applyChange(state: AccountState, change: AccountChange): AccountState {
  if (state.status === 'deleted' || change.kind === 'deleted') return { status: 'deleted' }
  if (change.kind === 'providerAdded') {
    return { ...state, providers: new Map(state.providers).set(change.key, change.providerId) }
  }
  if (change.kind === 'providerRemoved') {
    return { ...state, providers: new Map([...state.providers].filter(([key]) => key !== change.key)) }
  }
  if (change.kind === 'opened') return state.status === 'open' ? state : open(change, state.providers)
  if (state.status !== 'open') return state
  switch (change.kind) {
    case 'set':
      return { ...state, ...change.values }
    case 'passkeyAdded':
      return { ...state, passkeys: new Set([...state.passkeys, passkeyId(change.credentialId)]) }
    case 'passkeyRemoved': {
      const removed = passkeyId(change.credentialId)
      return { ...state, passkeys: new Set([...state.passkeys].filter((id) => id !== removed)) }
    }
    case 'secondFactorAdded': {
      const { sealedSecret, recoveryHashes } = change
      return { ...state, secondFactor: { sealedSecret, recoveryHashes } }
    }
    case 'secondFactorRemoved':
      return { ...state, secondFactor: undefined }
    case 'recoveryCodesReplaced':
      return withCodes(state, () => change.recoveryHashes)
    case 'recoveryCodeUsed':
      return withCodes(state, (codes) => codes.filter((hash) => hash !== change.recoveryHash))
    case 'deviceKeySet': {
      const { deviceId, algorithm, publicKey } = change
      return { ...state, deviceKeys: withoutDevice(state, deviceId).set(deviceId, { algorithm, publicKey }) }
    }
    case 'deviceKeyRemoved':
      return { ...state, deviceKeys: withoutDevice(state, change.deviceId) }
  }
}

function open(opened: Opened, providers: ReadonlyMap<string, string>): Account {
  const { username, displayName, passwordHash, locale, ownerId, tokenHash } = opened
  const blank = { statusText: '', statusUntil: 0, timeZone: '', avatarFileId: '', disabled: false }
  return {
    ...blank,
    email: '',
    unconfirmed: undefined,
    reset: undefined,
    secondFactor: undefined,
    status: 'open',
    username,
    displayName,
    passwordHash,
    locale,
    ownerId,
    tokenHash,
    passkeys: new Set(),
    deviceKeys: new Map(),
    providers,
  }
}

/** Recovery codes mean nothing without a second factor. */
function withCodes(state: Account, change: (hashes: readonly string[]) => readonly string[]): Account {
  const { secondFactor } = state
  if (!secondFactor) return state
  return { ...state, secondFactor: { ...secondFactor, recoveryHashes: change(secondFactor.recoveryHashes) } }
}

const withoutDevice = ({ deviceKeys }: Account, deviceId: string): Map<string, DevicePublicKey> =>
  new Map([...deviceKeys].filter(([other]) => other !== deviceId))

const set = (values: AccountValues): AccountChange => ({ kind: 'set', values })

const botOf = ({ username, displayName, ownerId, tokenHash, scopes }: BotCreated) => ({
  username,
  displayName,
  ownerId,
  tokenHash,
  scopes,
})

const resetOf = ({ codeHash, expiresAt, offeredBy }: PasswordResetOffered) => ({
  codeHash,
  offeredBy,
  until: expiresAt ? timestampMs(expiresAt) : 0,
})

const unconfirmedOf = ({ address, codeHash, expiresAt }: EmailChanged) => ({
  address,
  codeHash,
  until: expiresAt ? timestampMs(expiresAt) : 0,
})

/**
 * With another password, what was begun before does not count any more: a code for a new password that was given out, and an address that a
 * thief of the password may have entered, whose link would be a way back.
 */
const NOTHING_BEGUN: AccountValues = { reset: undefined, unconfirmed: undefined }

/** A code for a new password that lies in another mailbox does not count any more. */
const emailOf = (email: string): AccountValues => ({ email, unconfirmed: undefined, reset: undefined })

/** Texts of a profile: each is changed by itself, and an event says those that were. */
export const PROFILE_FIELDS = ['displayName', 'statusText', 'locale', 'timeZone', 'avatarFileId'] as const

function profileOf(event: ProfileChanged): Partial<Profile> {
  const { statusText, statusUntil } = event
  const until = statusText === undefined ? {} : { statusUntil: statusUntil ? timestampMs(statusUntil) : 0 }
  const texts = PROFILE_FIELDS.flatMap((field) => (event[field] === undefined ? [] : [[field, event[field]] as const]))
  return { ...Object.fromEntries(texts), ...until }
}
