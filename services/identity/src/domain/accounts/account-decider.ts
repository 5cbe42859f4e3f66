import { type Decider, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
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
  ProfileChangedSchema,
  ProviderUnlinkedSchema,
} from '@beseda/proto/identity/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { cleanLine, cleanName, requireRoom } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import {
  type Account,
  type AccountCommand,
  type AccountEvent,
  type AccountState,
  type Opening,
  type Profile,
  passkeyId,
} from './account.js'
import { applyChange, changesOf } from './account-changes.js'

type EventBody = Event['body']
type Of<Type extends AccountCommand['type']> = Extract<AccountCommand, { type: Type }>

/** How long a code for a new password works. Longer: it can be found; shorter: the person may not be there to use it. */
export const RESET_MS = 24 * 3_600_000

/** One account: of a person, or of a bot. */
export const accountDecider: Decider<AccountState, AccountCommand, AccountEvent, EventBody> = {
  initialState: { status: 'none', providers: new Map() },

  /** Errors: COMMAND_ID_REUSED for an id that was used before, USER_NOT_FOUND, and those of the commands below. */
  decide(command, state) {
    if (command.type === 'Register' || command.type === 'CreateBot') {
      if (state.status !== 'none') throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
      return [command.type === 'Register' ? registered(command) : botCreated(command)]
    }
    if (command.type === 'Delete') {
      return state.status === 'open' ? [{ case: 'accountDeleted', value: create(AccountDeletedSchema) }] : []
    }
    if (state.status !== 'open') throw new Refusal(ErrorReason.USER_NOT_FOUND)
    return decideOnOpen(command, state)
  },

  evolve: (state, event) => changesOf(event).reduce(applyChange, state),
}

function decideOnOpen(
  command: Exclude<AccountCommand, Opening | Of<'Delete'>>,
  account: Account,
): readonly EventBody[] {
  switch (command.type) {
    case 'ChangeProfile':
      return changeProfile(command, account)
    case 'ChangePassword':
      return [passwordChanged(command.passwordHash)]
    case 'OfferPasswordReset':
      return [offerReset(command, account)]
    case 'ResetPassword':
      return [resetPassword(command, account)]
    case 'ReplaceBotToken':
      return [{ case: 'botTokenReplaced', value: create(BotTokenReplacedSchema, { tokenHash: command.tokenHash }) }]
    case 'AddPasskey':
      return [addPasskey(command, account)]
    case 'RemovePasskey':
      return [removePasskey(command, account)]
    case 'UnlinkProvider':
      return unlinkProvider(command, account)
    case 'SetDisabled':
      return setDisabled(command, account)
  }
}

function registered({ username, displayName, passwordHash, locale }: Of<'Register'>): EventBody {
  const name = cleanName('display_name', displayName)
  const value = create(AccountRegisteredSchema, { username, displayName: name, passwordHash, locale })
  return { case: 'accountRegistered', value }
}

function botCreated({ username, displayName, ownerId, tokenHash, scopes }: Of<'CreateBot'>): EventBody {
  const name = cleanName('display_name', displayName)
  const value = create(BotCreatedSchema, { username, displayName: name, ownerId, tokenHash, scopes: [...scopes] })
  return { case: 'botCreated', value }
}

const PROFILE_FIELDS = ['displayName', 'statusText', 'locale', 'timeZone', 'avatarFileId'] as const

/** Only what differs. */
function changeProfile(command: Of<'ChangeProfile'>, account: Account): readonly EventBody[] {
  const changed = PROFILE_FIELDS.flatMap((field) => {
    const wanted = command[field] === undefined ? undefined : clean(field, command[field])
    return wanted === undefined || wanted === account[field] ? [] : [[field, wanted] as const]
  })
  if (changed.length === 0) return []
  return [{ case: 'profileChanged', value: create(ProfileChangedSchema, Object.fromEntries(changed)) }]
}

const clean = (field: keyof Profile, text: string): string =>
  field === 'displayName' ? cleanName('display_name', text) : cleanLine(field, text)

const passwordChanged = (passwordHash: string): EventBody => ({
  case: 'passwordChanged',
  value: create(PasswordChangedSchema, { passwordHash }),
})

/** Errors: NOT_PERMITTED for a bot, which has no password. */
function offerReset({ codeHash, offeredBy, now }: Of<'OfferPasswordReset'>, { ownerId }: Account): EventBody {
  if (ownerId !== '') throw new Refusal(ErrorReason.NOT_PERMITTED)
  const expiresAt = timestampFromMs(now + RESET_MS)
  const value = create(PasswordResetOfferedSchema, { codeHash, expiresAt, offeredBy })
  return { case: 'passwordResetOffered', value }
}

/** Errors: RESET_EXPIRED. */
function resetPassword({ codeHash, passwordHash, now }: Of<'ResetPassword'>, { reset }: Account): EventBody {
  const counts = reset !== undefined && now < reset.until && sameBytes(reset.codeHash, codeHash)
  if (!counts) throw new Refusal(ErrorReason.RESET_EXPIRED)
  return passwordChanged(passwordHash)
}

/** Errors: TOO_MANY. */
function addPasskey(command: Of<'AddPasskey'>, { passkeys }: Account): EventBody {
  requireRoom('passkeys', passkeys.size)
  const { credentialId, publicKey, transports } = command
  const name = cleanLine('name', command.name)
  const value = create(PasskeyAddedSchema, { credentialId, publicKey, transports: [...transports], name })
  return { case: 'passkeyAdded', value }
}

/** Errors: PASSKEY_NOT_FOUND, LAST_SIGN_IN. */
function removePasskey({ credentialId }: Of<'RemovePasskey'>, account: Account): EventBody {
  if (!account.passkeys.has(passkeyId(credentialId))) throw new Refusal(ErrorReason.PASSKEY_NOT_FOUND)
  requireAnotherWay(account, account.passkeys.size - 1 + account.providers.size)
  return { case: 'passkeyRemoved', value: create(PasskeyRemovedSchema, { credentialId }) }
}

/** All identities at the provider at once. Errors: LAST_SIGN_IN. */
function unlinkProvider({ providerId }: Of<'UnlinkProvider'>, account: Account): readonly EventBody[] {
  const keys = [...account.providers].flatMap(([key, id]) => (id === providerId ? [key] : []))
  if (keys.length === 0) return []
  requireAnotherWay(account, account.passkeys.size + account.providers.size - keys.length)
  return [{ case: 'providerUnlinked', value: create(ProviderUnlinkedSchema, { providerId, keys }) }]
}

/** An account keeps a way to sign in. Errors: LAST_SIGN_IN. */
function requireAnotherWay({ passwordHash }: Account, others: number): void {
  if (passwordHash === '' && others === 0) throw new Refusal(ErrorReason.LAST_SIGN_IN)
}

function setDisabled({ disabled }: Of<'SetDisabled'>, account: Account): readonly EventBody[] {
  if (disabled === account.disabled) return []
  return disabled
    ? [{ case: 'accountDisabled', value: create(AccountDisabledSchema) }]
    : [{ case: 'accountEnabled', value: create(AccountEnabledSchema) }]
}

const sameBytes = (one: Uint8Array, other: Uint8Array): boolean =>
  one.length === other.length && one.every((byte, i) => byte === other[i])
