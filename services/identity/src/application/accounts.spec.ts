import { type CommandDeps, commandCommit, MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { externalSubject, IDENTITY_STREAM, PEOPLE_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { ExternalIdentityClaimedSchema } from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { afterEach, expect, test } from 'vitest'
import { replica } from '../../../testing/scheduled.js'
import type { Failures } from '../domain/throttle.js'
import { directoryView } from '../projections/directory.js'
import { Accounts } from './accounts.js'
import { SignInThrottle } from './sign-in-throttle.js'

const ANN = { username: 'ann', displayName: 'Ann', password: 'correct horse', locale: 'en' }
const STREAMS = [IDENTITY_STREAM, PEOPLE_STREAM]
/** Nobody waits. */
const FREE = new SignInThrottle({ get: async () => undefined, put: async () => true, delete: async () => {} })
const NOW = new Date('2026-01-01T00:00:00Z')

let stop = async () => {}
afterEach(async () => {
  await stop()
  stop = async () => {}
})

async function accounts() {
  const { history, stop: end } = await replica(new MemoryEventStore(), STREAMS, directoryView)
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

const NO_PASSWORD = { type: 'Register', username: 'ann', displayName: 'Ann', passwordHash: '', locale: 'en' } as const
const key = (n: number) => new Uint8Array([n])

test('two replicas that are asked at once for the last two ways to sign in, in any order, leave one of them', async () => {
  const ends = ['key 1', 'key 2', 'provider'] as const
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.shuffledSubarray([...ends], { minLength: 2, maxLength: 2 }), async (s, two) => {
      const store = new MemoryEventStore()
      const replicas = [
        await replica(store, STREAMS, directoryView, s),
        await replica(store, STREAMS, directoryView, s),
      ]
      const all = replicas.map(({ history }) => new Accounts(history.deps, FREE, { require: async () => {} }))
      const userId = newId()
      const caller = () => ({ commandId: newId(), userId, now: NOW })
      const [one, other] = [all[0]!, all[1]!]
      await s.waitFor(one.open(NO_PASSWORD, { ...caller(), commandId: userId }))
      if (two.includes('provider')) await s.waitFor(claim(replicas[0]!.history.deps, userId))
      for (const n of [1, 2].filter((n) => two.includes(`key ${n}` as 'key 1'))) {
        const added = { type: 'AddPasskey', credentialId: key(n), publicKey: key(9), transports: [], name: '' } as const
        await s.waitFor(one.run(added, caller()))
      }
      const end = (accounts: Accounts, way: (typeof ends)[number]) =>
        accounts.run(
          way === 'provider'
            ? { type: 'UnlinkProvider', providerId: 'works' }
            : { type: 'RemovePasskey', credentialId: key(Number(way.at(-1))) },
          caller(),
        )
      const { lastSeq } = await store.info(IDENTITY_STREAM)
      await s.waitFor(replicas[1]!.projection.waitFor(IDENTITY_STREAM, lastSeq))
      const results = await s.waitFor(Promise.allSettled([end(one, two[0]!), end(other, two[1]!)]))
      const refused = results.flatMap((result) => (result.status === 'rejected' ? [reasonOf(result.reason)] : []))
      expect(refused).toEqual([ErrorReason.LAST_SIGN_IN])
      for (const { stop: end } of replicas) await end()
    }),
    { numRuns: 30 },
  )
})

async function claim({ store, projection }: CommandDeps, userId: string): Promise<void> {
  const value = create(ExternalIdentityClaimedSchema, { providerId: 'works', issuer: 'i', subject: 's', userId })
  const commit = commandCommit({ commandId: newId(), actorId: userId, now: NOW }, [
    { case: 'externalIdentityClaimed', value },
  ])
  const result = await store.append({ stream: IDENTITY_STREAM, subject: externalSubject('k'), commit })
  if (result.kind === 'appended') await projection.waitFor(IDENTITY_STREAM, result.seq)
}
