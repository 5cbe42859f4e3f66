import { type Decider, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import {
  AccountDeletedSchema,
  AccountDisabledSchema,
  AccountEnabledSchema,
  AccountRegisteredSchema,
  BotCreatedSchema,
  BotTokenReplacedSchema,
  DeviceKeySetSchema,
  DeviceKeysRemovedSchema,
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
  passkeyId,
  sameBytes,
} from './account.js'
import { applyChange, changesOf, PROFILE_FIELDS } from './account-changes.js'
import { confirmEmail, mailReset, removeEmail, setEmail } from './email.js'
import { decideSecondFactor, isAboutSecondFactor } from './second-factor.js'

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
  if (isAboutSecondFactor(command)) return decideSecondFactor(command, account)
  switch (command.type) {
    case 'ChangeProfile':
      return changeProfile(command, account)
    case 'ChangePassword':
      return [passwordChanged(command.passwordHash)]
    case 'OfferPasswordReset':
      return [offerReset(command, account)]
    case 'MailPasswordReset':
      return [mailReset(command, account)]
    case 'SetEmail':
      return [setEmail(command, account)]
    case 'ConfirmEmail':
      return [confirmEmail(command, account)]
    case 'RemoveEmail':
      return removeEmail(account)
    case 'ResetPassword':
      return resetPassword(command, account)
    case 'ReplaceBotToken':
      return [{ case: 'botTokenReplaced', value: create(BotTokenReplacedSchema, { tokenHash: command.tokenHash }) }]
    case 'AddPasskey':
      return [addPasskey(command, account)]
    case 'RemovePasskey':
      return [removePasskey(command, account)]
    case 'SetDeviceKey':
      return setDeviceKey(command, account)
    case 'RemoveDeviceKeys':
      return removeDeviceKeys(command.deviceIds, account)
    case 'UnlinkProvider':
      return unlinkProvider(command, account)
    case 'SetDisabled':
      return setDisabled(command, account)
  }
}

function registered({ username, displayName, passwordHash, locale, admission }: Of<'Register'>): EventBody {
  const name = cleanName('display_name', displayName)
  const value = create(AccountRegisteredSchema, { username, displayName: name, passwordHash, locale, admission })
  return { case: 'accountRegistered', value }
}

function botCreated({ username, displayName, ownerId, tokenHash, scopes }: Of<'CreateBot'>): EventBody {
  const name = cleanName('display_name', displayName)
  const value = create(BotCreatedSchema, { username, displayName: name, ownerId, tokenHash, scopes: [...scopes] })
  return { case: 'botCreated', value }
}

/** Only what differs. A status text and its end are one thing: each change of one says both. */
function changeProfile(command: Of<'ChangeProfile'>, account: Account): readonly EventBody[] {
  const text = command.statusText === undefined ? undefined : clean('statusText', command.statusText)
  const until = text ? (command.statusUntil ?? 0) : 0
  const isNewStatus = text !== undefined && (text !== account.statusText || until !== account.statusUntil)
  const changed = PROFILE_FIELDS.flatMap((field) => {
    const wanted = command[field] === undefined ? undefined : clean(field, command[field])
    const isSame = field === 'statusText' ? !isNewStatus : wanted === account[field]
    return wanted === undefined || isSame ? [] : [[field, wanted] as const]
  })
  if (changed.length === 0) return []
  const end = isNewStatus && until > 0 ? { statusUntil: timestampFromMs(until) } : {}
  return [{ case: 'profileChanged', value: create(ProfileChangedSchema, { ...Object.fromEntries(changed), ...end }) }]
}

const clean = (field: (typeof PROFILE_FIELDS)[number], text: string): string =>
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

/** The code of an administrator takes the mail address along, which a thief may have entered. Errors: RESET_EXPIRED. */
function resetPassword(command: Of<'ResetPassword'>, account: Account): readonly EventBody[] {
  const { userId, codeHash, passwordHash, now } = command
  const { reset } = account
  const counts = reset !== undefined && now < reset.until && sameBytes(reset.codeHash, codeHash)
  if (!counts) throw new Refusal(ErrorReason.RESET_EXPIRED)
  const isHelped = reset.offeredBy !== userId
  return [passwordChanged(passwordHash), ...(isHelped ? removeEmail(account) : [])]
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

/**
 * Devices of one person with keys. A session that ran out tells nobody, so keys of devices that are gone may stay: the oldest makes room.
 * Larger: a longer list for everybody who meets the person; smaller: somebody's phone in the drawer has no key when it is taken out.
 */
export const MAX_DEVICE_KEYS = 20

/** Errors: NOT_PERMITTED for a bot, which has no device. */
function setDeviceKey(command: Of<'SetDeviceKey'>, account: Account): readonly EventBody[] {
  if (account.ownerId !== '') throw new Refusal(ErrorReason.NOT_PERMITTED)
  const { deviceId, algorithm, publicKey } = command
  const before = account.deviceKeys.get(deviceId)
  if (before?.algorithm === algorithm && sameBytes(before.publicKey, publicKey)) return []
  const others = [...account.deviceKeys.keys()].filter((other) => other !== deviceId)
  const value = create(DeviceKeySetSchema, { deviceId, algorithm, publicKey })
  return [
    ...removeDeviceKeys(others.slice(0, Math.max(0, others.length + 1 - MAX_DEVICE_KEYS)), account),
    { case: 'deviceKeySet', value },
  ]
}

function removeDeviceKeys(wanted: readonly string[], { deviceKeys }: Account): readonly EventBody[] {
  const deviceIds = wanted.filter((deviceId) => deviceKeys.has(deviceId))
  if (deviceIds.length === 0) return []
  return [{ case: 'deviceKeysRemoved', value: create(DeviceKeysRemovedSchema, { deviceIds }) }]
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
