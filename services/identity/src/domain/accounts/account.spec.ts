import { aggregate } from '@beseda/kernel/testing'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Admission } from '@beseda/proto/identity/v1/events'
import { COUNTED } from '@beseda/rules'
import { expect, test } from 'vitest'
import type { AccountCommand, AccountEvent } from './account.js'
import { accountDecider, MAX_DEVICE_KEYS, RESET_MS } from './account-decider.js'

const register: AccountCommand = {
  type: 'Register',
  username: 'anna',
  displayName: '  Анна   Ким ',
  passwordHash: 'hash',
  locale: 'ru',
  admission: Admission.OPEN,
}
const given = aggregate<ReturnType<typeof accountDecider.evolve>, AccountCommand, AccountEvent>(accountDecider)
const { initialState } = accountDecider
const registered = accountDecider.decide(register, initialState)

test('a registration tidies the display name', () => {
  const [event] = given([]).when(register).events()
  expect(event).toMatchObject({ value: { username: 'anna', displayName: 'Анна Ким', locale: 'ru' } })
})

test('one account per id', () => {
  given(registered).when(register).refused(ErrorReason.COMMAND_ID_REUSED)
})

test('a blank display name is refused', () => {
  given([])
    .when({ ...register, displayName: '   ' })
    .refused(ErrorReason.INVALID_REQUEST)
})

test('a change of profile holds only what differs', () => {
  given(registered).when({ type: 'ChangeProfile', displayName: 'Анна Ким' }).yields([])
  const [event] = given(registered).when({ type: 'ChangeProfile', displayName: 'Аня', statusText: '' }).events()
  expect(event).toMatchObject({ value: { displayName: 'Аня' } })
  expect(given([...registered, event!]).state()).toMatchObject({ displayName: 'Аня', statusText: '', locale: 'ru' })
})

test('a status text and its end are changed together; the next text has no end unless it is said', () => {
  const say = { type: 'ChangeProfile', statusText: 'at lunch', statusUntil: 5_000 } as const
  const first = given(registered).when(say).events()
  const at = (events: typeof first) => given([...registered, ...events]).state()
  expect(at(first)).toMatchObject({ statusText: 'at lunch', statusUntil: 5_000 })
  given([...registered, ...first])
    .when(say)
    .yields([])
  const longer = given([...registered, ...first])
    .when({ ...say, statusUntil: 9_000 })
    .events()
  expect(at([...first, ...longer])).toMatchObject({ statusText: 'at lunch', statusUntil: 9_000 })
  const stays = given([...registered, ...first])
    .when({ type: 'ChangeProfile', statusText: 'at lunch' })
    .events()
  expect(at([...first, ...stays])).toMatchObject({ statusText: 'at lunch', statusUntil: 0 })
  const named = given([...registered, ...first])
    .when({ type: 'ChangeProfile', displayName: 'Аня' })
    .events()
  expect(at([...first, ...named])).toMatchObject({ statusText: 'at lunch', statusUntil: 5_000 })
})

test('a new password replaces the old one', () => {
  const events = given(registered).when({ type: 'ChangePassword', passwordHash: 'new' }).events()
  expect(given([...registered, ...events]).state()).toMatchObject({ passwordHash: 'new', username: 'anna' })
})

test.each<AccountCommand>([
  { type: 'ChangePassword', passwordHash: 'x' },
  { type: 'ChangeProfile', displayName: 'x' },
])('without an account: $type is refused', (command) => given([]).when(command).refused(ErrorReason.USER_NOT_FOUND))

test('a second registration event under one id is ignored', () => {
  expect(given([...registered, ...registered]).state()).toMatchObject({ username: 'anna' })
})

const bytes = (...values: number[]) => new Uint8Array(values)
const passwordless = accountDecider.decide({ ...register, passwordHash: '' }, initialState)
const addPasskey = (credentialId: Uint8Array): AccountCommand => ({
  type: 'AddPasskey',
  credentialId,
  publicKey: bytes(9),
  transports: [],
  name: 'key',
})
const removePasskey = (credentialId: Uint8Array): AccountCommand => ({ type: 'RemovePasskey', credentialId })

test('a passkey is removed as long as another way to sign in stays', () => {
  const one = given(passwordless)
    .when(addPasskey(bytes(1)))
    .events()
  const two = given([...passwordless, ...one])
    .when(addPasskey(bytes(2)))
    .events()
  const both = [...passwordless, ...one, ...two]
  const gone = given(both)
    .when(removePasskey(bytes(1)))
    .events()
  given([...both, ...gone])
    .when(removePasskey(bytes(2)))
    .refused(ErrorReason.LAST_SIGN_IN)
  given([...both, ...gone])
    .when(removePasskey(bytes(1)))
    .refused(ErrorReason.PASSKEY_NOT_FOUND)
  expect(
    given([...registered, ...one])
      .when(removePasskey(bytes(1)))
      .events(),
  ).toHaveLength(1)
})

const linked = (key: string, providerId = 'works'): AccountEvent => ({ case: 'providerClaimed', key, providerId })

test('a provider is unlinked with all identities there, and not as the last way', () => {
  const unlink: AccountCommand = { type: 'UnlinkProvider', providerId: 'works' }
  const alone = [linked('a'), ...passwordless, linked('b')]
  given(alone).when(unlink).refused(ErrorReason.LAST_SIGN_IN)
  const others = [...registered, linked('a'), linked('b'), linked('c', 'other')]
  const [event] = given(others).when(unlink).events()
  expect(event).toMatchObject({ value: { providerId: 'works', keys: ['a', 'b'] } })
  expect(given([...others, event!]).state()).toMatchObject({ providers: new Map([['c', 'other']]) })
  given(others)
    .when({ ...unlink, providerId: 'unknown' })
    .yields([])
})

test('an identity that another account has claimed does not sign in here', () => {
  const lost: AccountEvent = { case: 'providerLost', key: 'a' }
  expect(given([...registered, linked('a'), lost]).state()).toMatchObject({ providers: new Map() })
})

test('an account has a limited number of passkeys', () => {
  const keys = Array.from({ length: COUNTED.passkeys }, (_, i) => addPasskey(bytes(i)))
  const added = keys.flatMap((command) => given(registered).when(command).events())
  given([...registered, ...added])
    .when(addPasskey(bytes(99)))
    .refused(ErrorReason.TOO_MANY)
})

test('a deleted account stays deleted, whatever is written after it', () => {
  const deleted = [...registered, ...given(registered).when({ type: 'Delete' }).events()]
  expect(given([...deleted, ...registered, linked('a')]).state()).toEqual({ status: 'deleted' })
  given(deleted).when({ type: 'Delete' }).yields([])
  given(deleted).when(register).refused(ErrorReason.COMMAND_ID_REUSED)
  given(deleted).when({ type: 'SetDisabled', disabled: true }).refused(ErrorReason.USER_NOT_FOUND)
})

test('an account is disabled and enabled, each once', () => {
  const set = (disabled: boolean): AccountCommand => ({ type: 'SetDisabled', disabled })
  const disabled = [...registered, ...given(registered).when(set(true)).events()]
  expect(given(disabled).state()).toMatchObject({ disabled: true })
  given(disabled).when(set(true)).yields([])
  expect(given(disabled).when(set(false)).state()).toMatchObject({ disabled: false })
})

const offer: AccountCommand = { type: 'OfferPasswordReset', codeHash: bytes(1, 2), offeredBy: 'admin', now: 1_000 }
const reset = (codeHash: Uint8Array, now: number): AccountCommand => ({
  type: 'ResetPassword',
  userId: 'ann',
  codeHash,
  passwordHash: 'new',
  now,
})

test('a code for a new password works once within a day, unless a newer one was given or the password changed', () => {
  const offered = [...registered, ...given(registered).when(offer).events()]
  const used = given(offered)
    .when(reset(bytes(1, 2), 2_000))
    .events()
  expect(given([...offered, ...used]).state()).toMatchObject({ passwordHash: 'new' })
  const refused = [
    given([...offered, ...used]).when(reset(bytes(1, 2), 2_000)),
    given(offered).when(reset(bytes(1, 3), 2_000)),
    given(offered).when(reset(bytes(1, 2), 1_000 + RESET_MS)),
    given([
      ...offered,
      ...given(offered)
        .when({ ...offer, codeHash: bytes(5) })
        .events(),
    ]).when(reset(bytes(1, 2), 2_000)),
    given(registered).when(reset(bytes(1, 2), 2_000)),
  ]
  for (const attempt of refused) attempt.refused(ErrorReason.RESET_EXPIRED)
})

test('the help of an administrator takes the mail address along, which a thief may have entered; a link by mail does not', () => {
  const set: AccountCommand = { type: 'SetEmail', address: 'a@b.org', codeHash: bytes(9), now: 0 }
  const wanted = [...registered, ...given(registered).when(set).events()]
  const confirm: AccountCommand = { type: 'ConfirmEmail', codeHash: bytes(9), now: 1 }
  const confirmed = [...wanted, ...given(wanted).when(confirm).events()]
  const mailed: AccountCommand = { type: 'MailPasswordReset', userId: 'ann', codeHash: bytes(1, 2), at: 1_000 }
  for (const [offered, email] of [
    [offer, ''],
    [mailed, 'a@b.org'],
  ] as const) {
    const before = [...confirmed, ...given(confirmed).when(offered).events()]
    expect(
      given(before)
        .when(reset(bytes(1, 2), 2_000))
        .state(),
    ).toMatchObject({ passwordHash: 'new', email })
  }
})

test('a bot has no password to reset', () => {
  const bot: AccountCommand = {
    type: 'CreateBot',
    username: 'bot',
    displayName: 'Bot',
    ownerId: 'anna',
    tokenHash: bytes(1),
    scopes: [],
  }
  given(accountDecider.decide(bot, initialState)).when(offer).refused(ErrorReason.NOT_PERMITTED)
})

const keyOf = (deviceId: string, ...key: number[]): AccountCommand => ({
  type: 'SetDeviceKey',
  deviceId,
  algorithm: 1,
  publicKey: bytes(...key),
})
function after(...commands: AccountCommand[]): AccountEvent[] {
  const events: AccountEvent[] = [...registered]
  for (const command of commands) events.push(...given(events).when(command).events())
  return events
}
const devicesOf = (events: AccountEvent[]) => {
  const state = given(events).state()
  return state.status === 'open' ? [...state.deviceKeys.keys()] : []
}

test('a device has one key: the newest; the same one again is no event', () => {
  const events = after(keyOf('laptop', 1), keyOf('phone', 2), keyOf('laptop', 3))
  expect(given(events).state()).toMatchObject({
    deviceKeys: new Map([
      ['phone', {}],
      ['laptop', { publicKey: bytes(3) }],
    ]),
  })
  given(events).when(keyOf('laptop', 3)).yields([])
})

test('beyond the limit the oldest key makes room', () => {
  const all = Array.from({ length: MAX_DEVICE_KEYS }, (_, i) => keyOf(`device ${i}`, i))
  const events = after(...all, keyOf('one more', 1))
  expect(devicesOf(events)).toHaveLength(MAX_DEVICE_KEYS)
  expect(devicesOf(events)).not.toContain('device 0')
  expect(devicesOf(events)).toContain('one more')
})

test('the keys of devices without a session are removed, and those that have none are no event', () => {
  const events = after(keyOf('laptop', 1), keyOf('phone', 2), {
    type: 'RemoveDeviceKeys',
    deviceIds: ['phone', 'other'],
  })
  expect(devicesOf(events)).toEqual(['laptop'])
  given(events)
    .when({ type: 'RemoveDeviceKeys', deviceIds: ['phone'] })
    .yields([])
})

test('a bot has no device, so no key', () => {
  const bot = accountDecider.decide(
    { type: 'CreateBot', username: 'b', displayName: 'B', ownerId: 'anna', tokenHash: bytes(1), scopes: [] },
    initialState,
  )
  given(bot).when(keyOf('laptop', 1)).refused(ErrorReason.NOT_PERMITTED)
})
