import { MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { IDENTITY_STREAM, PEOPLE_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { afterEach, expect, test } from 'vitest'
import { replica } from '../../../testing/scheduled.js'
import type { Failures } from '../domain/throttle.js'
import { directoryView } from '../projections/directory.js'
import { Accounts } from './accounts.js'
import { SignInThrottle } from './sign-in-throttle.js'

const ANN = { username: 'ann', displayName: 'Ann', password: 'correct horse', locale: 'en' }
const NOW = new Date('2026-01-01T00:00:00Z')

let stop = async () => {}
afterEach(() => stop())

async function accounts() {
  const { history, stop: end } = await replica(new MemoryEventStore(), [IDENTITY_STREAM, PEOPLE_STREAM], directoryView)
  stop = end
  const kept = new Map<string, Failures>()
  const throttle = new SignInThrottle({
    get: async (userId) => {
      const failures = kept.get(userId)
      return failures && { failures, revision: 1 }
    },
    put: async (userId, failures) => kept.set(userId, failures) === kept,
    delete: async (userId) => void kept.delete(userId),
  })
  return new Accounts(history.deps, throttle, { require: async () => {} })
}

const reasonOf = (error: unknown) => (error instanceof Refusal ? error.reason : error)

test('a registration that is sent again finds the account it made, however often', async () => {
  const all = await accounts()
  const id = newId()
  const register = () => all.register(ANN, { commandId: id, userId: id, now: NOW })
  for (let attempt = 0; attempt < 8; attempt++) expect((await register()).user_id).toBe(id)
})

test('a password that is guessed by registering under the id of somebody waits like one guessed by signing in', async () => {
  const all = await accounts()
  const id = newId()
  const register = (password: string) =>
    all.register({ ...ANN, password }, { commandId: id, userId: id, now: NOW }).catch(reasonOf)
  await register(ANN.password)
  const answers: unknown[] = []
  for (let guess = 0; guess < 8; guess++) answers.push(await register(`wrong horse ${guess}`))
  expect(answers.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => ErrorReason.COMMAND_ID_REUSED))
  expect(answers.slice(5)).toEqual(Array.from({ length: 3 }, () => ErrorReason.RATE_LIMITED))
  expect(await all.authenticate('ann', ANN.password, NOW).catch(reasonOf)).toBe(ErrorReason.RATE_LIMITED)
})
