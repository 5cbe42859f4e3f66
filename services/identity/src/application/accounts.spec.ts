import { type CommandDeps, commandCommit, MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { InstallationSecret } from '@beseda/platform'
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
import { CommandKeys } from './command-keys.js'
import { type FailureStore, SignInThrottle } from './sign-in-throttle.js'

const ANN = { username: 'ann', displayName: 'Ann', password: 'correct horse', locale: 'en' }
const STREAMS = [IDENTITY_STREAM, PEOPLE_STREAM]
const SECRET = InstallationSecret.of(Buffer.alloc(32, 1))
/** Nobody waits. */
const FREE = new SignInThrottle({ get: async () => undefined, put: async () => true, delete: async () => {} }, SECRET)
const KEYS = new CommandKeys(SECRET)
const NOW = new Date('2026-01-01T00:00:00Z')

let stop = async () => {}
afterEach(async () => {
  await stop()
  stop = async () => {}
})

async function accounts(store = new MemoryEventStore(), did: (what: string) => void = () => {}) {
  const { history, stop: end } = await replica(store, STREAMS, directoryView)
  stop = end
  const kept = new Map<string, Failures>()
  const bucket: FailureStore = {
    get: async (key) => {
      did('get failures')
      const failures = kept.get(key)
      return failures && { failures, revision: 1 }
    },
    put: async (key, failures) => {
      did('put failures')
      return kept.set(key, failures) === kept
    },
    delete: async (key) => void kept.delete(key),
  }
  const throttle = new SignInThrottle(bucket, SECRET)
  return new Accounts(history.deps, KEYS, throttle, { require: async () => {} })
}

const reasonOf = (error: unknown) => (error instanceof Refusal ? error.reason : error)

test('a registration that is sent again finds the account it made, however often', async () => {
  const all = await accounts()
  const id = newId()
  const register = () => all.register(ANN, { commandId: id, now: NOW })
  const { user_id } = await register()
  for (let attempt = 0; attempt < 8; attempt++) expect((await register()).user_id).toBe(user_id)
})

test('a password that is guessed by repeating a registration waits like one guessed by signing in', async () => {
  const all = await accounts()
  const id = newId()
  const register = (password: string) => all.register({ ...ANN, password }, { commandId: id, now: NOW }).catch(reasonOf)
  await register(ANN.password)
  const answers: unknown[] = []
  for (let guess = 0; guess < 8; guess++) answers.push(await register(`wrong horse ${guess}`))
  expect(answers.slice(0, 5)).toEqual(Array.from({ length: 5 }, () => ErrorReason.COMMAND_ID_REUSED))
  expect(answers.slice(5)).toEqual(Array.from({ length: 3 }, () => ErrorReason.RATE_LIMITED))
  expect(await all.authenticate('ann', ANN.password, NOW).catch(reasonOf)).toBe(ErrorReason.RATE_LIMITED)
})

class WatchedLog extends MemoryEventStore {
  readonly done: string[] = []
  override async last(stream: string, subject: string) {
    this.done.push('last of a subject')
    return super.last(stream, subject)
  }
  override async info(stream: string) {
    this.done.push('end of the log')
    return super.info(stream)
  }
}

test('a password that is guessed for a name that nobody has meets the same answers, waits and work', async () => {
  const log = new WatchedLog()
  const all = await accounts(log, (what) => log.done.push(what))
  const id = newId()
  await all.register(ANN, { commandId: id, now: NOW })
  const guess = async (username: string, after: number) => {
    log.done.length = 0
    const error = await all
      .authenticate(username, 'wrong horse', new Date(NOW.getTime() + after))
      .catch((e: unknown) => e)
    if (!(error instanceof Refusal)) throw error
    return { reason: error.reason, waitMs: error.retryAfterMs, work: [...log.done] }
  }
  const guesses = async (username: string) => {
    const answers: unknown[] = []
    for (const after of [0, 0, 0, 0, 0, 0, 1_000, 2_000, 2_000, 30_000]) answers.push(await guess(username, after))
    return answers
  }
  const known = await guesses('ann')
  expect(known).toContainEqual(expect.objectContaining({ reason: ErrorReason.RATE_LIMITED }))
  expect(await guesses('bob')).toEqual(known)
  expect(await guesses(' Nobody.Else')).toEqual(known)
  expect(await guess('nobody.else', 30_000)).toMatchObject({ reason: ErrorReason.RATE_LIMITED })
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
      const all = replicas.map(({ history }) => new Accounts(history.deps, KEYS, FREE, { require: async () => {} }))
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
