import { MemoryEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { EventSchema } from '@beseda/proto/log/v1/commit'
import { LetterKind, SignInChange } from '@beseda/proto/mail/v1/letter'
import { expect, onTestFinished, test } from 'vitest'
import { FOUNDER_CODE, identityOn } from '../../../../testing/identity.js'
import type { AccountCommand } from '../../domain/accounts/account.js'
import { AccountLetters, CHANGES } from './account-letters.js'
import { codeHash } from './letter-codes.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const ANN = { username: 'ann', displayName: 'Ann', password: 'correct horse', locale: 'ru', code: FOUNDER_CODE }
const bytes = (...values: number[]) => new Uint8Array(values)

/** Events of identity of which no letter tells: they open or close nothing with which a person signs in, or another letter tells. */
const UNTOLD = [
  ...['usernameClaimed', 'accountRegistered', 'profileChanged', 'accountDeleted', 'personGone', 'founderRegistered'],
  ...['botCreated', 'botTokenReplaced', 'blockChanged', 'privacyChanged', 'accountDisabled', 'accountEnabled'],
  ...['passwordResetOffered', 'emailChanged', 'emailConfirmed', 'emailRemoved', 'emailClaimed'],
  ...['administratorListed', 'administratorAppointed', 'administratorDismissed', 'administratorActed'],
  ...['registrationRuleChanged', 'accountInviteCreated', 'accountInviteRevoked', 'accountInviteUsed'],
  ...['deviceKeySet', 'deviceKeysRemoved', 'externalIdentityReleased'],
  // `linked`, because it stands on a subject of its own.
  'externalIdentityClaimed',
]

async function house(mail = true) {
  const identity = await identityOn(new MemoryEventStore(), { mail })
  onTestFinished(() => identity.stop())
  const { registration, emails, codes, queued, letters } = identity
  const { userId } = await registration.register(ANN, { commandId: newId(), now: NOW })
  const newest = () => [...queued.values()].at(-1)!
  if (mail) {
    await emails.set('ann@b.org', { commandId: newId(), userId, now: NOW }, async () => ({}))
    await emails.confirm(codes.codeOf(newest().id), { commandId: newId(), now: NOW })
    queued.clear()
  }
  const run = (command: AccountCommand, commandId = newId()) =>
    identity.commands.run(userId, command, { commandId, userId, now: NOW })
  const told = () => [...queued.values()].filter(({ kind }) => kind === LetterKind.SIGN_IN_CHANGED)
  return { ...identity, userId, run, told, newest, letters }
}

test('of every event of identity it is decided whether a letter tells of it', () => {
  const cases = EventSchema.fields
    .filter(({ message }) => message?.typeName.startsWith('beseda.identity.'))
    .map(({ localName }) => localName)
  expect(new Set([...Object.keys(CHANGES), ...UNTOLD])).toEqual(new Set(cases))
})

const passkey = {
  type: 'AddPasskey',
  credentialId: bytes(1),
  publicKey: bytes(2),
  transports: [],
  name: 'Key',
} as const
const factor = { type: 'AddSecondFactor', sealedSecret: bytes(3), recoveryHashes: [bytes(4), bytes(5)] } as const
const CHANGED: readonly [AccountCommand, SignInChange][] = [
  [{ type: 'ChangePassword', passwordHash: 'new' }, SignInChange.PASSWORD],
  [passkey, SignInChange.PASSKEY_ADDED],
  [{ type: 'RemovePasskey', credentialId: bytes(1) }, SignInChange.PASSKEY_REMOVED],
  [factor, SignInChange.SECOND_FACTOR_ADDED],
  [{ type: 'UseRecoveryCode', recoveryHash: bytes(4) }, SignInChange.RECOVERY_CODE_USED],
  [{ type: 'ReplaceRecoveryCodes', recoveryHashes: [bytes(6)] }, SignInChange.RECOVERY_CODES_REPLACED],
  [{ type: 'RemoveSecondFactor', taken: true }, SignInChange.SECOND_FACTOR_REMOVED],
]

test('whoever has an address is told of each change of what they sign in with, once', async () => {
  const { run, told, letters, userId, accountLetters } = await house()
  for (const [command, change] of CHANGED) {
    const commandId = newId()
    await run(command, commandId)
    await run(command, commandId)
    expect(told().at(-1)).toMatchObject({ userId, change })
  }
  expect(told().map(({ change }) => change)).toEqual(CHANGED.map(([, change]) => change))
  expect(await letters.prepare(told()[0]!, NOW)).toMatchObject({ address: 'ann@b.org', code: '' })
  await accountLetters.linked(userId, NOW)
  expect(told().at(-1)).toMatchObject({ change: SignInChange.PROVIDER_LINKED })
})

test('nobody without an address is written to, nor by an installation without mail', async () => {
  const { run, told, letters } = await house()
  await run({ type: 'RemoveEmail' })
  await run({ type: 'ChangePassword', passwordHash: 'new' })
  expect(await letters.prepare(told()[0]!, NOW)).toBeUndefined()
  const silent = await house(false)
  await silent.run({ type: 'ChangePassword', passwordHash: 'new' })
  expect(silent.queued.size).toBe(0)
})

test('a letter that cannot be queued holds up nothing', async () => {
  const failures: unknown[] = []
  const { codes, userId } = await house()
  const queue = { add: () => Promise.reject(new Error('no bus')) }
  const sealed = { seal: () => '' }
  const letters = new AccountLetters(codes, queue, sealed, true, (error) => failures.push(error))
  await letters.linked(userId, NOW)
  await letters.left(userId, 'a@b.org', { commandId: newId(), now: NOW })
  expect(failures).toEqual([new Error('no bus'), new Error('no bus')])
})

test('after the help of an administrator, the address that the account had is told that it is left', async () => {
  const { run, passwords, newest, letters } = await house()
  await run({ type: 'OfferPasswordReset', codeHash: codeHash('c0de'), offeredBy: 'admin', now: NOW.getTime() })
  const rights = { mayStillReset: () => true, asOf: () => '' }
  await passwords.reset(codeHash('c0de'), 'a new horse', { commandId: newId(), now: NOW }, rights)
  expect(newest()).toMatchObject({ kind: LetterKind.ADDRESS_LEFT })
  expect(await letters.prepare(newest(), NOW)).toMatchObject({ address: 'ann@b.org', code: '' })
})
