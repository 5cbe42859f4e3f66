import { Scope } from '@beseda/proto/common/v1/policy'
import { AdministratorAction } from '@beseda/proto/identity/v1/events'
import {
  BotSchema,
  MeSchema,
  SessionSchema,
  TokensSchema,
  UserSchema,
} from '@beseda/proto/identity/v1/identity_service'
import { create, toJsonString } from '@bufbuild/protobuf'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import type { AccountRecord } from '../../application/accounts/ports.js'
import type { Session } from '../../domain/sessions/session.js'
import { actionOf, botOf, meOf, passkeyOf, sessionsOf, tokensOf, userOf } from './mapping.js'

const account: AccountRecord = {
  number: 7,
  userId: 'ann-id',
  username: 'ann',
  displayName: 'Ann',
  statusText: 'here',
  statusUntil: 0,
  avatarFileId: 'file',
  passwordHash: '$argon2id$secret',
  locale: 'ru',
  timeZone: 'Europe/Riga',
  createdAt: 1_000,
  ownerId: '',
  tokenHash: new Uint8Array([1, 2, 3]),
  scopes: [Scope.READ],
  disabled: false,
  createdSeq: 3,
  reset: { codeHash: new Uint8Array([4, 5, 6]), until: 9, offeredBy: 'admin' },
  email: 'ann@example.org',
  unconfirmed: { address: 'ann@example.com', codeHash: new Uint8Array([7, 8, 9]), until: 9 },
  secondFactor: { sealedSecret: new Uint8Array([7, 8, 9]), recoveryHashes: ['hash'], addedAt: 2_000 },
  secondFactorTakenAt: 0,
}

test('everybody sees the public profile of an account, and nothing else of it', () => {
  expect(userOf(account)).toEqual({
    id: 'ann-id',
    username: 'ann',
    displayName: 'Ann',
    statusText: 'here',
    createdAt: expect.objectContaining({ seconds: 1n }),
    avatarFileId: 'file',
    botOwnerId: '',
  })
})

test('a status text is shown with its end, and not after it', () => {
  const until = Date.now() + 60_000
  const shown = userOf({ ...account, statusUntil: until })
  expect(shown.statusText).toBe('here')
  expect('statusUntil' in shown && shown.statusUntil && timestampMs(shown.statusUntil)).toBe(until)
  expect(userOf({ ...account, statusUntil: Date.now() - 1 })).toMatchObject({ statusText: '' })
})

test('no message about an account holds a hash of anything secret, nor the mail address', () => {
  const texts = [
    toJsonString(UserSchema, create(UserSchema, userOf(account))),
    toJsonString(MeSchema, create(MeSchema, meOf(account, rights(true)))),
    toJsonString(BotSchema, create(BotSchema, botOf(account))),
  ].join()
  for (const secret of ['argon2', 'AQID', 'BAUG', 'BwgJ', 'example']) expect(texts).not.toContain(secret)
})

const rights = (all: boolean) => ({ is: () => all, lacksSecondFactor: () => all })

test('a person sees their own settings, whether they have a password, and whether they are an administrator', () => {
  const settings = { locale: 'ru', timeZone: 'Europe/Riga' }
  expect(meOf(account, rights(true))).toMatchObject({
    ...settings,
    hasPassword: true,
    administrator: true,
    needsSecondFactor: true,
  })
  expect(meOf({ ...account, passwordHash: '' }, rights(false))).toMatchObject({
    hasPassword: false,
    administrator: false,
  })
})

test('a bot has its scopes and its owner', () => {
  expect(botOf({ ...account, ownerId: 'owner' })).toMatchObject({ scopes: [Scope.READ], user: { botOwnerId: 'owner' } })
})

test('sessions stand newest first, and the own one is marked', () => {
  const session = (name: string, lastUsedAt: number): Session => ({
    deviceId: 'd',
    deviceName: name,
    openedAt: 1,
    lastUsedAt,
    generation: 1,
    rotatedAt: 1,
  })
  // Within one second, too.
  const listed = sessionsOf(
    new Map([
      ['a', session('old', 1_100)],
      ['b', session('new', 1_200)],
    ]),
    'a',
  )
  expect(listed.map(({ id, deviceName, current }) => [id, deviceName, current])).toEqual([
    ['b', 'new', false],
    ['a', 'old', true],
  ])
  expect(timestampMs(create(SessionSchema, listed[0]).lastUsedAt!)).toBe(1_200)
})

test('tokens say when the access token ends; the id of the session is not sent beside them', () => {
  const tokens = {
    sessionId: 's',
    accessToken: 'a',
    accessExpiresAt: new Date(5_000),
    refreshToken: 'r',
    deviceProof: 'd',
  }
  const message = create(TokensSchema, tokensOf(tokens))
  expect(timestampMs(message.accessExpiresAt!)).toBe(5_000)
  expect(tokensOf(tokens)).not.toHaveProperty('sessionId')
})

test('a passkey has a text id and no key', () => {
  const passkey = {
    credentialId: new Uint8Array([255, 239]),
    userId: 'u',
    publicKey: new Uint8Array([9]),
    name: 'Phone',
  }
  expect(passkeyOf({ ...passkey, addedAt: 2_000 })).toEqual({
    id: '_-8',
    name: 'Phone',
    addedAt: expect.objectContaining({ seconds: 2n }),
  })
})

test('an action in the audit log says who did what to whom', () => {
  const action = {
    seq: 5,
    at: 1_000,
    actorId: '',
    action: AdministratorAction.APPOINT,
    userId: 'u',
    groupId: '',
    messageId: '',
    detail: '',
  }
  expect(actionOf(action)).toMatchObject({
    seq: 5n,
    administratorId: '',
    action: AdministratorAction.APPOINT,
    userId: 'u',
  })
})
