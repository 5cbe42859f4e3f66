import { commandCommit, type EventBody, SqliteView, type StoredCommit } from '@beseda/event-log'
import { checkViewLaw, type LogEntry } from '@beseda/event-log/testing'
import {
  accountSubject,
  administratorSubject,
  blockSubject,
  externalSubject,
  IDENTITY_STREAM,
  PEOPLE_STREAM,
  usernameSubject,
} from '@beseda/proto'
import {
  AccountDeletedSchema,
  AccountDisabledSchema,
  AccountEnabledSchema,
  AccountRegisteredSchema,
  AdministratorAppointedSchema,
  AdministratorDismissedSchema,
  BlockChangedSchema,
  BotCreatedSchema,
  BotTokenReplacedSchema,
  DeviceKeySetSchema,
  DeviceKeysRemovedSchema,
  EmailChangedSchema,
  EmailConfirmedSchema,
  EmailRemovedSchema,
  ExternalIdentityClaimedSchema,
  ExternalIdentityReleasedSchema,
  PasskeyAddedSchema,
  PasskeyRemovedSchema,
  PasswordChangedSchema,
  PasswordResetOfferedSchema,
  ProfileChangedSchema,
  ProviderUnlinkedSchema,
  RecoveryCodesReplacedSchema,
  RecoveryCodeUsedSchema,
  SecondFactorAddedSchema,
  SecondFactorRemovedSchema,
  UsernameClaimedSchema,
} from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { AccountEvent } from '../../domain/accounts/account.js'
import { accountDecider } from '../../domain/accounts/account-decider.js'
import { appointmentDecider } from '../../domain/administrators/appointment.js'
import { blockDecider } from '../../domain/blocks/block.js'
import { SqliteAccountStore } from './account-store.js'
import { SqliteAdministratorStore } from './administrator-store.js'
import { SqliteBlockStore } from './block-store.js'
import { directoryView } from './directory-view.js'

/** What was decided from the view is what the events say: for accounts, blocks and administrators. */
const [ANN, BOB] = ['ann', 'bob']
const NOW = new Date('2026-01-01T00:00:00Z')
let commits = 0
const entry = (stream: string, subject: string, ...events: EventBody[]): LogEntry => ({
  stream,
  subject,
  commit: commandCommit({ commandId: `command ${++commits}`, actorId: ANN, now: NOW }, events),
})

const people = fc.constantFrom(ANN, BOB)
const text = fc.constantFrom('', 'x', 'Anna Kim')
const keys = fc.constantFrom('k1', 'k2', 'k3')
const bytes = (...values: number[]) => new Uint8Array(values)
/** Hashes of two accounts never meet. */
const hash = (userId: string) => fc.nat(2).map((n) => bytes(userId.length, userId.charCodeAt(0), n))
const devices = fc.constantFrom('laptop', 'phone')
const passkey = fc.nat(1).map((n) => bytes(n))

const codes = fc.subarray([bytes(0), bytes(1), bytes(2)])

const deletion = fc.constant({ case: 'accountDeleted' as const, value: create(AccountDeletedSchema) })
/** Deletions are rare: nothing follows them. */
const accountEvent = (userId: string): fc.Arbitrary<EventBody> =>
  fc.oneof({ weight: 40, arbitrary: changeOf(userId) }, { weight: 1, arbitrary: deletion })

const changeOf = (userId: string): fc.Arbitrary<EventBody> =>
  fc.oneof(
    text.map((displayName) => ({
      case: 'accountRegistered' as const,
      value: create(AccountRegisteredSchema, { username: userId, displayName, passwordHash: 'hash', locale: 'en' }),
    })),
    hash(userId).map((tokenHash) => ({
      case: 'botCreated' as const,
      value: create(BotCreatedSchema, { username: userId, displayName: 'Bot', ownerId: BOB, tokenHash, scopes: [1] }),
    })),
    text.map((passwordHash) => ({
      case: 'passwordChanged' as const,
      value: create(PasswordChangedSchema, { passwordHash }),
    })),
    hash(userId).map((codeHash) => ({
      case: 'passwordResetOffered' as const,
      value: create(PasswordResetOfferedSchema, { codeHash, expiresAt: timestampFromMs(1_000), offeredBy: 'admin' }),
    })),
    hash(userId).map((tokenHash) => ({
      case: 'botTokenReplaced' as const,
      value: create(BotTokenReplacedSchema, { tokenHash }),
    })),
    fc
      .record(
        { displayName: text, statusText: text, locale: text, timeZone: text, avatarFileId: text, until: fc.boolean() },
        { requiredKeys: [] },
      )
      .map(({ until, ...texts }) => ({ ...texts, ...(until ? { statusUntil: timestampFromMs(5_000) } : {}) }))
      .map((profile) => ({ case: 'profileChanged' as const, value: create(ProfileChangedSchema, profile) })),
    hash(userId).map((codeHash) => ({
      case: 'emailChanged' as const,
      value: create(EmailChangedSchema, { address: 'a@b.org', codeHash, expiresAt: timestampFromMs(1_000) }),
    })),
    fc.constant({ case: 'emailConfirmed' as const, value: create(EmailConfirmedSchema, { address: 'a@b.org' }) }),
    fc.constant({ case: 'emailRemoved' as const, value: create(EmailRemovedSchema) }),
    fc.constant({ case: 'accountDisabled' as const, value: create(AccountDisabledSchema) }),
    fc.constant({ case: 'accountEnabled' as const, value: create(AccountEnabledSchema) }),
    passkey.map((credentialId) => ({
      case: 'passkeyAdded' as const,
      value: create(PasskeyAddedSchema, { credentialId, publicKey: bytes(9), name: 'key' }),
    })),
    passkey.map((credentialId) => ({
      case: 'passkeyRemoved' as const,
      value: create(PasskeyRemovedSchema, { credentialId }),
    })),
    fc.record({ sealedSecret: passkey, recoveryHashes: codes }).map((factor) => ({
      case: 'secondFactorAdded' as const,
      value: create(SecondFactorAddedSchema, factor),
    })),
    fc.boolean().map((taken) => ({
      case: 'secondFactorRemoved' as const,
      value: create(SecondFactorRemovedSchema, { taken }),
    })),
    codes.map((recoveryHashes) => ({
      case: 'recoveryCodesReplaced' as const,
      value: create(RecoveryCodesReplacedSchema, { recoveryHashes }),
    })),
    passkey.map((recoveryHash) => ({
      case: 'recoveryCodeUsed' as const,
      value: create(RecoveryCodeUsedSchema, { recoveryHash }),
    })),
    fc.record({ deviceId: devices, publicKey: passkey }).map((key) => ({
      case: 'deviceKeySet' as const,
      value: create(DeviceKeySetSchema, { ...key, algorithm: 1 }),
    })),
    fc.subarray(['laptop', 'phone']).map((deviceIds) => ({
      case: 'deviceKeysRemoved' as const,
      value: create(DeviceKeysRemovedSchema, { deviceIds }),
    })),
    fc.subarray(['k1', 'k2', 'k3']).map((lost) => ({
      case: 'providerUnlinked' as const,
      value: create(ProviderUnlinkedSchema, { providerId: 'works', keys: lost }),
    })),
  )

const anyEntry = fc.oneof(
  { weight: 6, arbitrary: people.chain((userId) => accountEvent(userId).map((event) => ({ userId, event }))) },
  { weight: 1, arbitrary: fc.record({ userId: people, key: keys }) },
  { weight: 1, arbitrary: fc.record({ key: keys }) },
)
const registered = (userId: string) => {
  const value = create(AccountRegisteredSchema, { username: userId, displayName: userId, passwordHash: 'hash' })
  return { userId, event: { case: 'accountRegistered' as const, value } }
}
const beginnings = fc.constantFrom([], [registered(ANN), registered(BOB)])
const entries = fc.tuple(beginnings, fc.array(anyEntry, { maxLength: 30, size: 'max' })).map((parts) => parts.flat())
const histories = entries.map((all): readonly LogEntry[] => [
  ...[ANN, BOB].map((userId) => {
    const value = create(UsernameClaimedSchema, { username: userId, userId })
    return entry(IDENTITY_STREAM, usernameSubject(userId), { case: 'usernameClaimed', value })
  }),
  ...all.map((one) => {
    if ('event' in one) return entry(IDENTITY_STREAM, accountSubject(one.userId), one.event)
    const subject = externalSubject(one.key)
    if (!('userId' in one)) {
      return entry(IDENTITY_STREAM, subject, {
        case: 'externalIdentityReleased',
        value: create(ExternalIdentityReleasedSchema),
      })
    }
    const value = create(ExternalIdentityClaimedSchema, { providerId: 'works', userId: one.userId })
    return entry(IDENTITY_STREAM, subject, { case: 'externalIdentityClaimed', value })
  }),
])

function eventsOfAnn({ subject, commit }: StoredCommit): readonly AccountEvent[] {
  if (subject === accountSubject(ANN)) return commit.events.map(({ body }) => body)
  const key = subject.split('.').at(-1) ?? ''
  return commit.events.flatMap(({ body }): readonly AccountEvent[] => {
    if (body.case === 'externalIdentityReleased') return [{ case: 'providerLost', key }]
    if (body.case !== 'externalIdentityClaimed') return []
    const { userId, providerId } = body.value
    return [userId === ANN ? { case: 'providerClaimed', key, providerId } : { case: 'providerLost', key }]
  })
}

test('an account', () => {
  checkViewLaw(
    {
      view: directoryView,
      decider: accountDecider,
      histories,
      eventsOf: eventsOfAnn,
      load: (view) => new SqliteAccountStore({ view }).load(ANN).state,
      unordered: ['providers' as never],
    },
    { numRuns: 300 },
  )
})

test('a block', () => {
  const subject = blockSubject(ANN, BOB)
  const subjects = fc.constantFrom(subject, blockSubject(BOB, ANN))
  checkViewLaw({
    view: directoryView,
    decider: blockDecider,
    histories: fc
      .array(fc.tuple(subjects, fc.boolean()))
      .map((changes) =>
        changes.map(([on, blocked]) =>
          entry(PEOPLE_STREAM, on, { case: 'blockChanged', value: create(BlockChangedSchema, { blocked }) }),
        ),
      ),
    eventsOf: ({ subject: on, commit }) => (on === subject ? commit.events.map(({ body }) => body) : []),
    load: (view) => new SqliteBlockStore({ view }).load(ANN, BOB).state,
  })
})

test('the appointment of an administrator', () => {
  const subject = administratorSubject(ANN)
  const subjects = fc.constantFrom(subject, administratorSubject(BOB))
  const appointed: EventBody = { case: 'administratorAppointed', value: create(AdministratorAppointedSchema) }
  const byProvider: EventBody = {
    case: 'administratorAppointed',
    value: create(AdministratorAppointedSchema, { providerId: 'works' }),
  }
  const dismissed: EventBody = { case: 'administratorDismissed', value: create(AdministratorDismissedSchema) }
  checkViewLaw({
    view: directoryView,
    decider: appointmentDecider,
    histories: fc
      .array(fc.tuple(subjects, fc.constantFrom(appointed, byProvider, dismissed)))
      .map((changes) => changes.map(([on, event]) => entry(IDENTITY_STREAM, on, event))),
    eventsOf: ({ subject: on, commit }) => (on === subject ? commit.events.map(({ body }) => body) : []),
    load: (view) => new SqliteAdministratorStore({ view }).appointment(ANN).state,
  })
})

test('a registration counts only while its person holds the name', () => {
  const view = SqliteView.open(':memory:', directoryView)
  const claim = (userId: string) =>
    entry(IDENTITY_STREAM, usernameSubject('name'), {
      case: 'usernameClaimed',
      value: create(UsernameClaimedSchema, { username: 'name', userId }),
    })
  const registration = (userId: string) =>
    entry(IDENTITY_STREAM, accountSubject(userId), {
      case: 'accountRegistered',
      value: create(AccountRegisteredSchema, { username: 'name', displayName: userId }),
    })
  const log = [claim(ANN), claim(BOB), registration(ANN), registration(BOB), claim(ANN)]
  for (const [i, { stream, subject, commit }] of log.entries()) {
    view.applyBatch(stream, 'epoch', [{ stream, subject, commit, seq: i + 1, bytes: new Uint8Array() }])
  }
  const store = new SqliteAccountStore({ view })
  expect([ANN, BOB].map((userId) => store.load(userId).state.status)).toEqual(['none', 'open'])
  expect(store.nameHolder('name')?.userId).toBe(BOB)
  view.close()
})
