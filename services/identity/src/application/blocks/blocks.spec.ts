import { MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { PEOPLE_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Scope } from '@beseda/proto/common/v1/policy'
import { Admission } from '@beseda/proto/identity/v1/events'
import { COUNTED } from '@beseda/rules'
import { expect, onTestFinished, test } from 'vitest'
import { identityOn } from '../../../../testing/identity.js'
import { blockDecider } from '../../domain/blocks/block.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const reasonOf = (error: unknown) => (error instanceof Refusal ? error.reason : error)
const [ann, bob, eve] = [newId(), newId(), newId()]

async function blocks() {
  const store = new MemoryEventStore()
  const identity = await identityOn(store)
  onTestFinished(() => identity.stop())
  const set = (by: string, other: string, blocked: boolean, commandId = newId()) =>
    identity.blocks.set(other, blocked, { commandId, userId: by, now: NOW })
  const { bots, registration } = identity
  return { blocks: identity.blocks, set, store, notices: identity.blockNotices, bots, registration }
}

test('a person blocks others and lets them through again; others have lists of their own', async () => {
  const { blocks: all, set } = await blocks()
  await set(ann, bob, true)
  await set(ann, eve, true)
  await set(bob, ann, true)
  expect(all.list(ann)).toEqual([bob, eve].toSorted((a, b) => (a < b ? -1 : 1)))
  await set(ann, bob, false)
  expect([all.list(ann), all.list(bob)]).toEqual([[eve], [ann]])
})

test('the devices of the person are told, after it is stored; those of the other one are not', async () => {
  const { set, notices } = await blocks()
  await set(ann, bob, true)
  await set(ann, bob, false)
  await set(ann, ann, true).catch(() => 'refused')
  expect(notices).toEqual([
    [ann, bob, true],
    [ann, bob, false],
  ])
})

test('what is so already writes nothing', async () => {
  const { set, store } = await blocks()
  await set(ann, bob, false)
  await set(ann, bob, true)
  await set(ann, bob, true)
  expect((await store.info(PEOPLE_STREAM)).lastSeq).toBe(1)
})

test('two people who use the same command id both block', async () => {
  const { blocks: all, set } = await blocks()
  const commandId = newId()
  await set(ann, eve, true, commandId)
  await set(bob, eve, true, commandId)
  expect([all.list(ann), all.list(bob)]).toEqual([[eve], [eve]])
})

test('nobody blocks themselves', async () => {
  const { set } = await blocks()
  expect(await set(ann, ann, true).catch(reasonOf)).toBe(ErrorReason.INVALID_REQUEST)
})

test('a person blocks a limited number of people', () => {
  const block = (present: number) => blockDecider.decide({ blocked: true, present }, false)
  expect(block(COUNTED.blocked - 1)).toHaveLength(1)
  expect(() => block(COUNTED.blocked)).toThrow(Refusal)
  expect(blockDecider.decide({ blocked: false, present: COUNTED.blocked }, true)).toHaveLength(1)
})

test('two replicas at once do not exceed the number', async () => {
  const { blocks: one, set, store } = await blocks()
  const replica = await identityOn(store)
  onTestFinished(() => replica.stop())
  for (let i = 3; i < COUNTED.blocked; i++) await set(ann, newId(), true)
  const at = () => ({ commandId: newId(), userId: ann, now: NOW })
  const tried = await Promise.all(
    Array.from({ length: 20 }, (_, i) => (i % 2 ? one : replica.blocks).set(newId(), true, at()).catch(reasonOf)),
  )
  expect(tried.filter((reason) => reason === undefined)).toHaveLength(3)
  expect(tried.filter((reason) => reason === ErrorReason.TOO_MANY)).toHaveLength(17)
  expect(one.list(ann)).toHaveLength(COUNTED.blocked)
})

test('who is blocked does not speak through a bot: bots are blocked with their owner, also those that are made later', async () => {
  const { blocks: all, set, bots, registration, notices } = await blocks()
  const account = {
    type: 'Register',
    displayName: 'Bob',
    passwordHash: '',
    locale: '',
    admission: Admission.OPEN,
  } as const
  const asBob = () => ({ commandId: newId(), userId: bob, now: NOW })
  await registration.open(bob, { ...account, username: 'bob' }, asBob())
  const bot = async (username: string) =>
    (await bots.create({ username, displayName: 'Bot', scopes: [Scope.POST] }, asBob())).bot.userId
  const before = await bot('before')
  await set(ann, bob, true)
  expect(new Set(all.list(ann))).toEqual(new Set([bob, before]))
  const after = await bot('after')
  // Two replicas do it.
  await Promise.all([all.round(NOW), all.round(NOW)])
  expect(new Set(all.list(ann))).toEqual(new Set([bob, before, after]))
  expect(notices).toContainEqual([ann, after, true])
  expect(all.list(eve)).toEqual([])
  // One of them may be let through, and stays so.
  await set(ann, after, false)
  await all.round(NOW)
  expect(new Set(all.list(ann))).toEqual(new Set([bob, before]))
  await set(ann, bob, false)
  await all.round(NOW)
  expect(all.list(ann)).toEqual([])
})
