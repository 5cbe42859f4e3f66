import { type Decider, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Scope } from '@beseda/proto/common/v1/policy'
import {
  AccountDeletedSchema,
  AccountDisabledSchema,
  AccountEnabledSchema,
  AccountRegisteredSchema,
  BotCreatedSchema,
  BotTokenReplacedSchema,
  PasskeyAddedSchema,
  PasskeyRemovedSchema,
  PasswordChangedSchema,
  PasswordResetOfferedSchema,
  type ProfileChanged,
  ProfileChangedSchema,
  ProviderUnlinkedSchema,
} from '@beseda/proto/identity/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { cleanLine, cleanName } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs, timestampMs } from '@bufbuild/protobuf/wkt'

type EventBody = Event['body']

export interface Profile {
  readonly displayName: string
  readonly statusText: string
  readonly locale: string
  readonly timeZone: string
  readonly avatarFileId: string
}

/** One person's account; undefined: nobody registered under this id. */
export type Account =
  | (Profile & {
      readonly username: string
      readonly passwordHash: string
      readonly ownerId: string
      readonly disabled: boolean
      /** To sign in, beside the password. Providers are claimed elsewhere, but given up here, so that the last way never goes. */
      readonly ways: readonly SignInWay[]
      /** A code for a new password that was given out, by its hash. `until`: Unix ms. */
      readonly reset: { readonly codeHash: Uint8Array; readonly until: number } | undefined
    })
  | undefined

export type SignInWay =
  | { readonly kind: 'passkey'; readonly id: string }
  | { readonly kind: 'provider'; readonly id: string; readonly key: string }

/** How long a code for a new password is good. Longer: it lies about; shorter: who has to be asked for it is not there. */
export const RESET_MS = 24 * 3_600_000

export type AccountCommand =
  | {
      readonly type: 'Register'
      readonly username: string
      readonly displayName: string
      readonly passwordHash: string
      readonly locale: string
    }
  | { readonly type: 'ChangePassword'; readonly passwordHash: string }
  | { readonly type: 'Delete' }
  | {
      readonly type: 'CreateBot'
      readonly username: string
      readonly displayName: string
      readonly ownerId: string
      readonly tokenHash: Uint8Array
      readonly scopes: readonly Scope[]
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
  | { readonly type: 'UnlinkProvider'; readonly providerId: string }
  | { readonly type: 'OfferPasswordReset'; readonly codeHash: Uint8Array; readonly now: number }
  | {
      readonly type: 'ResetPassword'
      readonly codeHash: Uint8Array
      readonly passwordHash: string
      readonly now: number
    }
  | { readonly type: 'SetDisabled'; readonly disabled: boolean }
  | ({ readonly type: 'ChangeProfile' } & Partial<Profile>)

const PROFILE_FIELDS = ['displayName', 'statusText', 'locale', 'timeZone', 'avatarFileId'] as const

export const accountDecider: Decider<Account, AccountCommand, EventBody> = {
  initialState: undefined,

  decide(command, account) {
    if (command.type === 'Register') {
      if (account) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
      const { username, displayName, passwordHash, locale } = command
      const value = create(AccountRegisteredSchema, {
        username,
        displayName: cleanName('display_name', displayName),
        passwordHash,
        locale,
      })
      return [{ case: 'accountRegistered', value }]
    }
    if (command.type === 'CreateBot') {
      if (account) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
      const { username, ownerId, tokenHash, scopes } = command
      const displayName = cleanName('display_name', command.displayName)
      const value = create(BotCreatedSchema, { username, displayName, ownerId, tokenHash, scopes: [...scopes] })
      return [{ case: 'botCreated', value }]
    }
    // Gone already is as wanted.
    if (command.type === 'Delete')
      return account ? [{ case: 'accountDeleted', value: create(AccountDeletedSchema) }] : []
    if (!account) throw new Refusal(ErrorReason.USER_NOT_FOUND)
    if (command.type === 'ReplaceBotToken') {
      return [{ case: 'botTokenReplaced', value: create(BotTokenReplacedSchema, { tokenHash: command.tokenHash }) }]
    }
    if (command.type === 'AddPasskey') {
      const { credentialId, publicKey, transports } = command
      const name = cleanLine('name', command.name)
      const value = create(PasskeyAddedSchema, { credentialId, publicKey, transports: [...transports], name })
      return [{ case: 'passkeyAdded', value }]
    }
    if (command.type === 'RemovePasskey') {
      const id = passkeyId(command.credentialId)
      const isIt = (way: SignInWay) => way.kind === 'passkey' && way.id === id
      if (!account.ways.some(isIt)) throw new Refusal(ErrorReason.PASSKEY_NOT_FOUND)
      requireAnother(account, isIt)
      return [{ case: 'passkeyRemoved', value: create(PasskeyRemovedSchema, { credentialId: command.credentialId }) }]
    }
    if (command.type === 'UnlinkProvider') {
      const { providerId } = command
      const isIt = (way: SignInWay) => way.kind === 'provider' && way.id === providerId
      const keys = account.ways.flatMap((way) => (way.kind === 'provider' && isIt(way) ? [way.key] : []))
      if (keys.length === 0) return []
      requireAnother(account, isIt)
      return [{ case: 'providerUnlinked', value: create(ProviderUnlinkedSchema, { providerId, keys }) }]
    }
    if (command.type === 'OfferPasswordReset') {
      if (account.ownerId !== '') throw new Refusal(ErrorReason.NOT_PERMITTED)
      const expiresAt = timestampFromMs(command.now + RESET_MS)
      const value = create(PasswordResetOfferedSchema, { codeHash: command.codeHash, expiresAt })
      return [{ case: 'passwordResetOffered', value }]
    }
    if (command.type === 'ResetPassword') {
      const { codeHash, passwordHash, now } = command
      const { reset } = account
      const isIt = reset !== undefined && now < reset.until && sameBytes(reset.codeHash, codeHash)
      if (!isIt) throw new Refusal(ErrorReason.RESET_EXPIRED)
      return [{ case: 'passwordChanged', value: create(PasswordChangedSchema, { passwordHash }) }]
    }
    if (command.type === 'SetDisabled') {
      if (command.disabled === account.disabled) return []
      return command.disabled
        ? [{ case: 'accountDisabled', value: create(AccountDisabledSchema) }]
        : [{ case: 'accountEnabled', value: create(AccountEnabledSchema) }]
    }
    if (command.type === 'ChangePassword') {
      return [{ case: 'passwordChanged', value: create(PasswordChangedSchema, { passwordHash: command.passwordHash }) }]
    }
    const changed = PROFILE_FIELDS.flatMap((field) => {
      const wanted = command[field] === undefined ? undefined : clean(field, command[field])
      return wanted === undefined || wanted === account[field] ? [] : [[field, wanted] as const]
    })
    if (changed.length === 0) return []
    return [{ case: 'profileChanged', value: create(ProfileChangedSchema, Object.fromEntries(changed)) }]
  },

  evolve(account, event) {
    switch (event.case) {
      case 'accountRegistered': {
        const { username, displayName, passwordHash, locale } = event.value
        return account ?? { ...BLANK, username, displayName, passwordHash, locale, ownerId: '' }
      }
      case 'botCreated': {
        const { username, displayName, ownerId } = event.value
        return account ?? { ...BLANK, username, displayName, passwordHash: '', locale: '', ownerId }
      }
      case 'accountDeleted':
        return undefined
      case 'passwordChanged':
        return account && { ...account, passwordHash: event.value.passwordHash, reset: undefined }
      case 'passwordResetOffered': {
        const { codeHash, expiresAt } = event.value
        return account && { ...account, reset: { codeHash, until: expiresAt ? timestampMs(expiresAt) : 0 } }
      }
      case 'passkeyAdded': {
        const way = { kind: 'passkey' as const, id: passkeyId(event.value.credentialId) }
        return account && { ...account, ways: [...account.ways, way] }
      }
      case 'passkeyRemoved': {
        const gone = passkeyId(event.value.credentialId)
        return account && { ...account, ways: account.ways.filter(({ kind, id }) => kind !== 'passkey' || id !== gone) }
      }
      case 'providerUnlinked': {
        const { keys } = event.value
        return account && { ...account, ways: account.ways.filter((way) => !('key' in way && keys.includes(way.key))) }
      }
      case 'accountDisabled':
      case 'accountEnabled':
        return account && { ...account, disabled: event.case === 'accountDisabled' }
      case 'profileChanged':
        return account && { ...account, ...changes(event.value) }
      default:
        return account
    }
  },
}

const BLANK = { statusText: '', timeZone: '', avatarFileId: '', disabled: false, ways: [], reset: undefined }

const sameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, i) => byte === other[i])

export const passkeyId = (credentialId: Uint8Array): string => Buffer.from(credentialId).toString('base64url')

/** Something must remain to sign in with. Errors: LAST_SIGN_IN. */
function requireAnother(account: NonNullable<Account>, goes: (way: SignInWay) => boolean): void {
  if (account.passwordHash === '' && account.ways.every(goes)) throw new Refusal(ErrorReason.LAST_SIGN_IN)
}

const clean = (field: keyof Profile, text: string): string =>
  field === 'displayName' ? cleanName('display_name', text) : cleanLine(field, text)

const changes = (event: ProfileChanged): Partial<Profile> =>
  Object.fromEntries(
    PROFILE_FIELDS.flatMap((field) => (event[field] === undefined ? [] : [[field, event[field]]])),
  ) as Partial<Profile>
