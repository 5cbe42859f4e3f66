import { type CommandDeps, commandCommit, MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { externalSubject, IDENTITY_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Admission, ExternalIdentityClaimedSchema } from '@beseda/proto/identity/v1/events'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, onTestFinished, test } from 'vitest'
import { identityOn } from '../../../../testing/identity.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const NO_PASSWORD = {
  type: 'Register',
  username: 'ann',
  displayName: 'Ann',
  passwordHash: '',
  locale: 'en',
  admission: Admission.OPEN,
} as const
const key = (n: number) => new Uint8Array([n])
const reasonOf = (error: unknown) => (error instanceof Refusal ? error.reason : error)

async function ann() {
  const identity = await identityOn(new MemoryEventStore())
  onTestFinished(() => identity.stop())
  const userId = newId()
  const caller = (commandId = newId()) => ({ commandId, userId, now: NOW })
  await identity.registration.open(userId, NO_PASSWORD, caller())
  return { ...identity, userId, caller }
}

test('a repeated command changes nothing, and the same id with other content is refused', async () => {
  const { commands, queries, userId, caller, deps } = await ann()
  const change = (displayName: string, commandId: string) =>
    commands.changeProfile({ type: 'ChangeProfile', displayName }, caller(commandId))
  const first = newId()
  await change('Anna', first)
  await change('Anna Kim', newId())
  const { lastSeq } = await deps.store.info(IDENTITY_STREAM)
  await change('Anna', first)
  expect((await queries.get(userId)).displayName).toBe('Anna Kim')
  expect((await deps.store.info(IDENTITY_STREAM)).lastSeq).toBe(lastSeq)
  expect(await change('Somebody', first).catch(reasonOf)).toBe(ErrorReason.COMMAND_ID_REUSED)
})

test('a command that is sent again before its first is carried out is done, although its requirements are gone', async () => {
  const { commands, userId, caller } = await ann()
  const [deletion, first] = [{ type: 'Delete' } as const, caller()]
  const overtaken = async () => {
    await commands.run(userId, deletion, first)
    throw new Refusal(ErrorReason.USER_NOT_FOUND)
  }
  expect(await commands.wasDone(userId, deletion, first, overtaken)).toBe(true)
  const refused = async () => {
    throw new Refusal(ErrorReason.USER_NOT_FOUND)
  }
  const another = commands.wasDone(userId, deletion, caller(), refused)
  expect(await another.catch(reasonOf)).toBe(ErrorReason.USER_NOT_FOUND)
})

test("another person's command with the same id is a command of its own", async () => {
  const { commands, queries, registration, userId, caller } = await ann()
  const bob = newId()
  await registration.open(bob, { ...NO_PASSWORD, username: 'bob' }, { commandId: newId(), userId: bob, now: NOW })
  const commandId = newId()
  await commands.changeProfile({ type: 'ChangeProfile', statusText: 'here' }, caller(commandId))
  await commands.changeProfile({ type: 'ChangeProfile', statusText: 'there' }, { ...caller(commandId), userId: bob })
  expect((await queries.findMany([userId, bob])).map(({ statusText }) => statusText)).toEqual(['here', 'there'])
})

test('an operator erases an account by its name, and a repeat gets the same answer', async () => {
  const { commands, queries, userId } = await ann()
  const operator = { commandId: newId(), now: NOW }
  expect(await commands.erase('nobody', operator).catch(reasonOf)).toBe(ErrorReason.USER_NOT_FOUND)
  expect(await commands.erase('ann', operator)).toEqual({ userId, isNew: true })
  expect(await commands.erase('ann', operator)).toEqual({ userId, isNew: false })
  expect(await commands.erase('ann', { commandId: newId(), now: NOW }).catch(reasonOf)).toBe(ErrorReason.USER_NOT_FOUND)
  expect([await queries.find(userId), queries.isShut(userId)]).toEqual([undefined, true])
})

test('two replicas that are asked at once for the last two ways to sign in, in any order, leave one of them', async () => {
  const ends = ['key 1', 'key 2', 'provider'] as const
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), fc.shuffledSubarray([...ends], { minLength: 2, maxLength: 2 }), async (s, two) => {
      const store = new MemoryEventStore()
      const [one, other] = [await identityOn(store, { scheduler: s }), await identityOn(store, { scheduler: s })]
      const userId = newId()
      const caller = () => ({ commandId: newId(), userId, now: NOW })
      await s.waitFor(one.registration.open(userId, NO_PASSWORD, caller()))
      if (two.includes('provider')) await s.waitFor(claim(one.deps, userId))
      for (const n of [1, 2].filter((n) => two.includes(`key ${n}` as 'key 1'))) {
        const added = { type: 'AddPasskey', credentialId: key(n), publicKey: key(9), transports: [], name: '' } as const
        await s.waitFor(one.commands.run(userId, added, caller()))
      }
      const end = ({ commands }: typeof one, way: (typeof ends)[number]) =>
        commands.run(
          userId,
          way === 'provider'
            ? { type: 'UnlinkProvider', providerId: 'works' }
            : { type: 'RemovePasskey', credentialId: key(Number(way.at(-1))) },
          caller(),
        )
      const { lastSeq } = await store.info(IDENTITY_STREAM)
      await s.waitFor(other.projection.waitFor(IDENTITY_STREAM, lastSeq))
      const results = await s.waitFor(Promise.allSettled([end(one, two[0]!), end(other, two[1]!)]))
      const refused = results.flatMap((result) => (result.status === 'rejected' ? [reasonOf(result.reason)] : []))
      expect(refused).toEqual([ErrorReason.LAST_SIGN_IN])
      await one.stop()
      await other.stop()
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

test('those who see a profile are told of a new one, and of a deleted account; of nothing else, and once', async () => {
  const { commands, profiles, userId, caller } = await ann()
  const first = newId()
  for (const commandId of [first, first, newId()]) {
    await commands.changeProfile({ type: 'ChangeProfile', displayName: 'Anna' }, caller(commandId))
  }
  await commands.run(userId, { type: 'SetDisabled', disabled: true }, caller())
  expect(profiles).toEqual(['Anna'])
  await commands.run(userId, { type: 'Delete' }, caller())
  expect(profiles).toEqual(['Anna', `${userId} is gone`])
})
