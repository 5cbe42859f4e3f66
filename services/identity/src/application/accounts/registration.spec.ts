import { MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { expect, onTestFinished, test } from 'vitest'
import { identityOn } from '../../../../testing/identity.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const ANN = { username: 'ann', displayName: 'Ann', password: 'correct horse', locale: 'en' }
const reasonOf = (error: unknown) => (error instanceof Refusal ? error.reason : error)
const later = (ms: number) => new Date(NOW.getTime() + ms)

async function identity(store = new MemoryEventStore()) {
  const made = await identityOn(store)
  onTestFinished(() => made.stop())
  return made
}

test('a registration that is sent again finds the account that it made, however often, and counts once', async () => {
  const { registration, registered } = await identity()
  const commandId = newId()
  const register = () => registration.register(ANN, { commandId, now: NOW })
  const { userId } = await register()
  expect(userId).not.toBe(commandId)
  for (let attempt = 0; attempt < 8; attempt++) expect((await register()).userId).toBe(userId)
  expect(registered).toEqual([userId])
})

test('on another replica it finds the same account', async () => {
  const store = new MemoryEventStore()
  const [one, other] = [await identity(store), await identity(store)]
  const anonymous = { commandId: newId(), now: NOW }
  const { userId } = await one.registration.register(ANN, anonymous)
  expect((await other.registration.register(ANN, anonymous)).userId).toBe(userId)
})

test('a password that is guessed by repeating a registration waits like one that is guessed by signing in', async () => {
  const { registration, passwords } = await identity()
  const commandId = newId()
  const register = (password: string) =>
    registration.register({ ...ANN, password }, { commandId, now: NOW }).catch(reasonOf)
  await register(ANN.password)
  const answers: unknown[] = []
  for (let guess = 0; guess < 8; guess++) answers.push(await register(`wrong horse ${guess}`))
  expect(answers.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => ErrorReason.COMMAND_ID_REUSED))
  expect(answers.slice(5)).toEqual(Array.from({ length: 3 }, () => ErrorReason.RATE_LIMITED))
  expect(await passwords.authenticate('ann', ANN.password, NOW).catch(reasonOf)).toBe(ErrorReason.RATE_LIMITED)
})

test('a name that was claimed without an account is free again after a minute', async () => {
  const { registration, deps } = await identity()
  const { append } = deps.store
  // The process ends between the claim and the account.
  deps.store.append = (request) =>
    request.subject.startsWith('identity.account.')
      ? Promise.reject(new Error('died'))
      : append.call(deps.store, request)
  const register = (now: Date) => registration.register(ANN, { commandId: newId(), now }).catch(reasonOf)
  expect(await register(NOW)).toEqual(new Error('died'))
  deps.store.append = append
  expect(await register(later(59_000))).toBe(ErrorReason.USERNAME_TAKEN)
  expect(await register(later(60_000))).toMatchObject({ username: 'ann' })
})

test('a name is refused before it is claimed when the account cannot be made', async () => {
  const { registration } = await identity()
  const anonymous = { commandId: newId(), now: NOW }
  await expect(registration.register({ ...ANN, displayName: '\u202e' }, anonymous)).rejects.toBeInstanceOf(Refusal)
  expect(await registration.register(ANN, { commandId: newId(), now: NOW })).toMatchObject({ username: 'ann' })
})
