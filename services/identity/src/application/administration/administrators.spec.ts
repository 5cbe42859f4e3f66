import { MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { IDENTITY_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { AdministratorAction } from '@beseda/proto/identity/v1/events'
import { expect, onTestFinished, test } from 'vitest'
import { FOUNDER_CODE, type IdentityOptions, identityOn } from '../../../../testing/identity.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const reasonOf = (error: unknown) => (error instanceof Refusal ? error.reason : error)
const by = (userId: string, commandId = newId()) => ({ commandId, userId, now: NOW })

async function replica(store: MemoryEventStore, options?: IdentityOptions) {
  const identity = await identityOn(store, options)
  onTestFinished(() => identity.stop())
  const person = async (username: string) => {
    const registration = { username, displayName: username, password: 'correct horse', locale: '', code: FOUNDER_CODE }
    return (await identity.registration.register(registration, { commandId: newId(), now: NOW })).userId
  }
  return { ...identity, person }
}

async function installation(options?: IdentityOptions) {
  const identity = await replica(new MemoryEventStore(), options)
  const [ann, bob] = [await identity.person('ann'), await identity.person('bob')]
  await identity.administrators.settle(NOW)
  return { ...identity, ann, bob }
}

test('the founder appoints and dismisses others, not themselves', async () => {
  const { administrators, ann, bob } = await installation()
  expect(await administrators.require(bob).catch(reasonOf)).toBe(ErrorReason.NOT_PERMITTED)
  await administrators.set(bob, true, by(ann))
  await administrators.require(bob)
  expect(await administrators.set(ann, false, by(bob)).catch(reasonOf)).toBe(ErrorReason.NOT_PERMITTED)
  await administrators.require(ann)
  expect(await administrators.set(bob, false, by(bob)).catch(reasonOf)).toBe(ErrorReason.NOT_PERMITTED)
})

test('one who was dismissed meanwhile, as another replica knows, does nothing any more', async () => {
  const store = new MemoryEventStore()
  const one = await replica(store)
  const [ann, bob, cid] = [await one.person('ann'), await one.person('bob'), await one.person('cid')]
  await one.administrators.settle(NOW)
  await one.administrators.set(bob, true, by(ann))
  const other = await replica(store)
  await one.administrators.set(bob, false, by(ann))
  // The other replica may still take him for one, until it has read its own record.
  const record = other.administrators.record(AdministratorAction.DISABLE_ACCOUNT, by(bob), { userId: cid })
  expect(await record.catch(reasonOf)).toBe(ErrorReason.NOT_PERMITTED)
})

test('names in ADMINS count for accounts that existed before, and the others are reported once', async () => {
  const { administrators, idleNames, ann, bob, person } = await installation({ listed: ['bob', 'cid'] })
  await administrators.require(bob)
  expect(await administrators.require(ann).catch(reasonOf)).toBe(ErrorReason.NOT_PERMITTED)
  expect(await administrators.set(bob, false, by(ann)).catch(reasonOf)).toBe(ErrorReason.NOT_PERMITTED)
  const cid = await person('cid')
  await administrators.settle(NOW)
  expect(await administrators.require(cid).catch(reasonOf)).toBe(ErrorReason.NOT_PERMITTED)
  expect(idleNames).toEqual(['cid'])
})

test('an operator appoints by name, but no bot', async () => {
  const { administrators, bots, ann, bob } = await installation()
  const operator = () => ({ commandId: newId(), now: NOW })
  expect(await administrators.appointByName(' BOB ', operator())).toBe(bob)
  await administrators.require(bob)
  expect(await administrators.appointByName('nobody', operator()).catch(reasonOf)).toBe(ErrorReason.USER_NOT_FOUND)
  await bots.create({ username: 'bot', displayName: 'Bot', scopes: [] }, by(ann))
  expect(await administrators.appointByName('bot', operator()).catch(reasonOf)).toBe(ErrorReason.NOT_PERMITTED)
})

test('an action is recorded once however often its command is repeated, and again for another action', async () => {
  const { administrators, ann, bob } = await installation()
  const caller = by(ann)
  for (let i = 0; i < 3; i++) await administrators.record(AdministratorAction.DISABLE_ACCOUNT, caller, { userId: bob })
  await administrators.record(AdministratorAction.ENABLE_ACCOUNT, caller, { userId: bob })
  await administrators.record(AdministratorAction.DISABLE_ACCOUNT, caller, { userId: ann })
  const { actions, hasMore } = administrators.actions(0, 2)
  expect(actions.map(({ action, userId, actorId }) => [action, userId, actorId])).toEqual([
    [AdministratorAction.DISABLE_ACCOUNT, ann, ann],
    [AdministratorAction.ENABLE_ACCOUNT, bob, ann],
  ])
  expect(hasMore).toBe(true)
  expect(administrators.actions(actions[1]!.seq, 10)).toMatchObject({ actions: [{ userId: bob }], hasMore: false })
})

test('a repeated appointment is not carried out again, and its id serves nothing else', async () => {
  const { administrators, ann, bob } = await installation()
  const first = by(ann)
  await administrators.set(bob, true, first)
  await administrators.set(bob, false, by(ann))
  await administrators.set(bob, true, first)
  expect(await administrators.require(bob).catch(reasonOf)).toBe(ErrorReason.NOT_PERMITTED)
  expect(await administrators.set(bob, false, first).catch(reasonOf)).toBe(ErrorReason.COMMAND_ID_REUSED)
  expect(administrators.actions(0, 10).actions.map(({ action }) => action)).toEqual([
    AdministratorAction.DISMISS,
    AdministratorAction.APPOINT,
  ])
})

test('the founder holds the right from the installation, until ADMINS names somebody else', async () => {
  const { administrators, queries, ann, bob } = await installation()
  await administrators.set(bob, true, by(ann))
  const isFirst = async (userId: string) => administrators.isFirst(await queries.get(userId))
  expect([await isFirst(ann), await isFirst(bob)]).toEqual([true, false])
  const listed = await installation({ listed: ['bob'] })
  const firstOf = async (userId: string) => listed.administrators.isFirst(await listed.queries.get(userId))
  expect([await firstOf(listed.ann), await firstOf(listed.bob)]).toEqual([false, true])
})

test('a code for a new password ends with the right to give it out', async () => {
  const { administrators, commands, passwords, person, ann, bob } = await installation()
  const eve = await person('eve')
  await administrators.set(bob, true, by(ann))
  const codeHash = new Uint8Array([1])
  const offer = (offeredBy: string) =>
    commands.run(eve, { type: 'OfferPasswordReset', codeHash, offeredBy, now: NOW.getTime() }, by(offeredBy))
  const reset = () =>
    passwords.reset(codeHash, 'new horse', { commandId: newId(), now: NOW }, administrators).catch(reasonOf)
  // An appointed administrator gives no code for another one, also if the appointment comes after the code.
  await offer(bob)
  await administrators.set(eve, true, by(ann))
  expect(await reset()).toBe(ErrorReason.RESET_EXPIRED)
  await administrators.set(eve, false, by(ann))
  await administrators.set(bob, false, by(ann))
  expect(await reset()).toBe(ErrorReason.RESET_EXPIRED)
  await offer(ann)
  expect(await reset()).toMatchObject({ userId: eve })
})

test('of an appointment and the use of a code at once, on two replicas, the second knows of the first', async () => {
  for (let round = 0; round < 20; round++) {
    const store = new MemoryEventStore()
    const [one, other] = [await replica(store), await replica(store)]
    const [ann, bob, eve] = [await one.person('ann'), await one.person('bob'), await one.person('eve')]
    await one.administrators.settle(NOW)
    await one.administrators.set(bob, true, by(ann))
    const codeHash = new Uint8Array([1])
    await one.commands.run(eve, { type: 'OfferPasswordReset', codeHash, offeredBy: bob, now: NOW.getTime() }, by(bob))
    await other.queries.catchUp()
    const before = (await store.info(IDENTITY_STREAM)).lastSeq
    const [used] = await Promise.all([
      other.passwords
        .reset(codeHash, 'new horse', { commandId: newId(), now: NOW }, other.administrators)
        .catch(reasonOf),
      one.administrators.set(eve, true, by(ann)),
    ])
    const written = await store.read(IDENTITY_STREAM, { afterSeq: before, limit: 10 })
    const kinds = written.flatMap(({ commit }) => commit.events.map(({ body }) => body.case))
    const isUsed = kinds.indexOf('passwordChanged') >= 0
    expect(isUsed).toBe(used !== ErrorReason.RESET_EXPIRED)
    if (isUsed) expect(kinds.indexOf('passwordChanged')).toBeLessThan(kinds.indexOf('administratorAppointed'))
  }
})

test('where administrators need a second factor, one without it does nothing, and takes the right up again with it', async () => {
  const store = new MemoryEventStore()
  const { administrators, commands, queries, ...one } = await replica(store, { needsSecondFactor: true })
  const [ann, bob] = [await one.person('ann'), await one.person('bob')]
  await administrators.settle(NOW)
  const lacks = async (userId: string) => administrators.lacksSecondFactor(await queries.get(userId))
  expect([await lacks(ann), await lacks(bob)]).toEqual([true, false])
  expect(await administrators.require(ann).catch(reasonOf)).toBe(ErrorReason.SECOND_FACTOR_OFF)
  expect(await administrators.require(bob).catch(reasonOf)).toBe(ErrorReason.NOT_PERMITTED)
  const on = { type: 'AddSecondFactor', sealedSecret: new Uint8Array([1]), recoveryHashes: [] } as const
  await commands.run(ann, on, by(ann))
  await administrators.require(ann)
  expect(await lacks(ann)).toBe(false)
  // Another replica, whose view may still have it, appends its record and is refused at that place.
  const other = await replica(store, { needsSecondFactor: true })
  await other.administrators.require(ann)
  await commands.run(ann, { type: 'RemoveSecondFactor', taken: false }, by(ann))
  const record = other.administrators.record(AdministratorAction.DISABLE_ACCOUNT, by(ann), { userId: bob })
  expect(await record.catch(reasonOf)).toBe(ErrorReason.SECOND_FACTOR_OFF)
})

test('a code for a new password ends with the second factor that its giver needs', async () => {
  const { administrators, commands, passwords, ann, bob } = await installation({ needsSecondFactor: true })
  const codeHash = new Uint8Array([1])
  const reset = () =>
    passwords.reset(codeHash, 'new horse', { commandId: newId(), now: NOW }, administrators).catch(reasonOf)
  await commands.run(bob, { type: 'OfferPasswordReset', codeHash, offeredBy: ann, now: NOW.getTime() }, by(ann))
  expect(await reset()).toBe(ErrorReason.RESET_EXPIRED)
  const on = { type: 'AddSecondFactor', sealedSecret: new Uint8Array([1]), recoveryHashes: [] } as const
  await commands.run(ann, on, by(ann))
  expect(await reset()).toMatchObject({ userId: bob })
})
