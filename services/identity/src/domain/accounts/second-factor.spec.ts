import { aggregate } from '@beseda/kernel/testing'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Admission } from '@beseda/proto/identity/v1/events'
import { expect, test } from 'vitest'
import { type AccountCommand, type AccountEvent, recoveryKey } from './account.js'
import { accountDecider } from './account-decider.js'

const given = aggregate<ReturnType<typeof accountDecider.evolve>, AccountCommand, AccountEvent>(accountDecider)
const bytes = (...values: number[]) => new Uint8Array(values)
const [ONE, TWO, THREE] = [bytes(1), bytes(2), bytes(3)]
const add: AccountCommand = { type: 'AddSecondFactor', sealedSecret: bytes(9), recoveryHashes: [ONE, TWO] }
const remove = { type: 'RemoveSecondFactor', taken: false } as const
const replace: AccountCommand = { type: 'ReplaceRecoveryCodes', recoveryHashes: [THREE] }
const use = (recoveryHash: Uint8Array): AccountCommand => ({ type: 'UseRecoveryCode', recoveryHash })
const registered = given([])
  .when({
    type: 'Register',
    username: 'anna',
    displayName: 'Anna',
    passwordHash: 'hash',
    locale: 'en',
    admission: Admission.OPEN,
  })
  .events()
const after = (...commands: AccountCommand[]) =>
  commands.reduce<readonly AccountEvent[]>(
    (events, next) => events.concat(given(events).when(next).events()),
    registered,
  )
const factorOf = (events: readonly AccountEvent[]) => {
  const state = given(events).state()
  return state.status === 'open' ? state.secondFactor : undefined
}

test('an account has one second factor at a time', () => {
  expect(factorOf(after(add))).toEqual({ sealedSecret: bytes(9), recoveryHashes: [ONE, TWO].map(recoveryKey) })
  given(after(add)).when(add).refused(ErrorReason.SECOND_FACTOR_ON)
  expect(factorOf(after(add, remove))).toBeUndefined()
  expect(factorOf(after(add, remove, add))).toBeDefined()
})

test('a bot has none', () => {
  const bot = given([])
    .when({
      type: 'CreateBot',
      username: 'bot',
      displayName: 'Bot',
      ownerId: 'anna',
      tokenHash: bytes(1),
      scopes: [],
    })
    .events()
  given(bot).when(add).refused(ErrorReason.NOT_PERMITTED)
})

test('what is not there is not removed, and has no recovery codes', () => {
  given(registered).when(remove).yields([])
  given(registered).when(replace).refused(ErrorReason.SECOND_FACTOR_OFF)
  given(registered).when(use(ONE)).refused(ErrorReason.WRONG_CODE)
  given(after(add, remove)).when(use(ONE)).refused(ErrorReason.WRONG_CODE)
})

test('the log says who removed it', () => {
  for (const taken of [true, false]) {
    const [event] = given(after(add)).when({ type: 'RemoveSecondFactor', taken }).events()
    expect(event).toMatchObject({ case: 'secondFactorRemoved', value: { taken } })
  }
})

test('a recovery code works once, and not after new ones were made', () => {
  const used = after(add, use(ONE))
  expect(factorOf(used)?.recoveryHashes).toEqual([recoveryKey(TWO)])
  given(used).when(use(ONE)).refused(ErrorReason.WRONG_CODE)
  given(after(add, replace)).when(use(TWO)).refused(ErrorReason.WRONG_CODE)
  expect(factorOf(after(add, replace, use(THREE)))?.recoveryHashes).toEqual([])
})
