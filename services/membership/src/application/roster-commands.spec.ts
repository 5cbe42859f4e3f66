import { commandCommit, MemoryEventStore } from '@beseda/event-log'
import { newId, Refusal } from '@beseda/kernel'
import { blockSubject, groupFilter, historyStream, historySubject, PEOPLE_STREAM } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Role } from '@beseda/proto/common/v1/roles'
import { Discoverability, GroupCreatedSchema, GroupKind } from '@beseda/proto/group/v1/events'
import { BlockChangedSchema } from '@beseda/proto/identity/v1/events'
import { MembersAddedSchema } from '@beseda/proto/membership/v1/events'
import { rosterChanges } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { refusalOf } from '../../../testing/refusal-of.js'
import { replica } from '../../../testing/scheduled.js'
import { SqliteRosterStore } from '../adapters/views/roster-store.js'
import { rosterView } from '../adapters/views/roster-view.js'
import type { RosterCommand } from '../domain/roster/commands.js'
import { callerOf, commandsOn, openService } from './testing.js'

/** One group and two replicas of the service, whose every step waits for its turn: all interleavings are possible. */
const STREAM = historyStream(0)
const PEOPLE = ['owner', 'ann', 'bob', 'eve', 'kim'] as const

const person = fc.constantFrom(...PEOPLE)
const command: fc.Arbitrary<RosterCommand> = fc.oneof(
  { weight: 4, arbitrary: person.map((userId) => ({ type: 'TransferOwnership' as const, userId })) },
  {
    weight: 3,
    arbitrary: fc
      .tuple(person, fc.constantFrom(Role.ADMIN, Role.MEMBER))
      .map(([userId, role]) => ({ type: 'ChangeRole' as const, userId, role })),
  },
  { weight: 2, arbitrary: person.map((userId) => ({ type: 'RemoveMember' as const, userId })) },
  { weight: 2, arbitrary: person.map((userId) => ({ type: 'BanMember' as const, userId, reason: '', expiresAt: 0 })) },
  {
    weight: 2,
    arbitrary: fc
      .array(person, { minLength: 1, maxLength: 2 })
      .map((userIds) => ({ type: 'AddMembers' as const, userIds })),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'LeaveGroup' as const }) },
  { weight: 2, arbitrary: fc.constant({ type: 'RemoveDeletedAccount' as const }) },
)
const steps = fc.array(
  fc.record({
    // The founder acts more often: the others may do little until they are given more.
    actor: fc.oneof({ weight: 2, arbitrary: fc.constant('owner') }, { weight: 3, arbitrary: person }),
    command,
    replica: fc.constantFrom(0, 1),
  }),
  { minLength: 2, maxLength: 12 },
)

const newGroup = async (store: MemoryEventStore): Promise<string> => {
  const groupId = newId()
  const value = create(GroupCreatedSchema, {
    kind: GroupKind.GROUP,
    name: 'x',
    ownerId: 'owner',
    memberIds: PEOPLE.slice(0, 4),
  })
  const commit = commandCommit({ commandId: groupId, actorId: 'owner', now: new Date(0) }, [
    { case: 'groupCreated', value },
  ])
  await store.append({ stream: STREAM, subject: historySubject(0, groupId, 'group'), commit })
  return groupId
}

const ownersAfterEachCommit = async (store: MemoryEventStore, groupId: string) => {
  const roster = new Map<string, Role>()
  const stored = await store.read(STREAM, { afterSeq: 0, filter: groupFilter(0, groupId), limit: 1_000 })
  return stored.map(({ commit }) => {
    for (const { userId, role } of commit.events.flatMap(({ body }) => rosterChanges(body))) {
      if (role === undefined) roster.delete(userId)
      else roster.set(userId, role)
    }
    const owners = [...roster].filter(([, role]) => role === Role.OWNER).length
    return { owners, members: new Map(roster) }
  })
}

test('there is exactly one owner, whatever people and replicas do in whatever order', async () => {
  let carriedOut = 0
  const property = fc.asyncProperty(fc.scheduler(), steps, async (s, all) => {
    const store = new MemoryEventStore()
    const groupId = await newGroup(store)
    const replicas = [
      await replica(store, [STREAM, PEOPLE_STREAM], rosterView, s),
      await replica(store, [STREAM, PEOPLE_STREAM], rosterView, s),
    ]
    const services = replicas.map(({ history }) => commandsOn(history))
    const act = async ({ actor, command: wanted, replica: i }: (typeof all)[number]) => {
      try {
        await services[i]?.run(groupId, wanted, callerOf(actor))
        carriedOut++
      } catch (error) {
        if (!(error instanceof Refusal)) throw error
        expect(error.reason).not.toBe(ErrorReason.INTERNAL)
      }
    }
    await s.waitFor(Promise.all(all.map(act)))
    const told = await ownersAfterEachCommit(store, groupId)
    for (const { owners, members } of told) expect(owners).toBe(members.size === 0 ? 0 : 1)
    const end = (await store.info(STREAM)).lastSeq
    for (const { projection } of replicas) {
      await s.waitFor(projection.waitFor(STREAM, end))
      const { state } = new SqliteRosterStore(projection).load(groupId)
      expect(new Map([...state.members].map(([userId, { role }]) => [userId, role]))).toEqual(told.at(-1)?.members)
    }
    for (const { stop } of replicas) await stop()
  })
  await fc.assert(property, { numRuns: 300 })
  // What is refused proves nothing.
  expect(carriedOut).toBeGreaterThan(500)
})

test('nobody is added by a person with whom there is a block, unless they have asked to join', async () => {
  const service = await openService()
  const groupId = await service.found(['owner', 'ann'], { settings: { discoverability: Discoverability.BY_REQUEST } })
  const add = (userId: string, by = 'owner') =>
    refusalOf(service.commands.run(groupId, { type: 'AddMembers', userIds: [userId] }, callerOf(by)))
  await service.block('bob', 'owner')
  await service.block('owner', 'eve')
  await service.caughtUp()
  expect([await add('bob'), await add('eve'), await add('kim')]).toEqual(['BLOCKED', 'BLOCKED', 'accepted'])
  // Who may not add people learns of no block.
  expect([await add('bob', 'stranger'), await add('zoe', 'stranger')]).toEqual(['NOT_A_MEMBER', 'NOT_A_MEMBER'])
  await service.commands.run(groupId, { type: 'JoinGroup', note: '' }, callerOf('bob'))
  expect(await add('bob')).toBe('accepted')
})

test('a block that this replica has not heard of yet counts', async () => {
  const service = await openService()
  const groupId = await service.found(['owner', 'ann'])
  await service.caughtUp()
  await service.block('bob', 'owner')
  const adding = service.commands.run(groupId, { type: 'AddMembers', userIds: ['bob'] }, callerOf('owner'))
  expect(await refusalOf(adding)).toBe('BLOCKED')
})

test('a block that was ended on a replica that is ahead refuses nobody', async () => {
  const service = await openService()
  const groupId = await service.found(['owner', 'ann'])
  await service.block('bob', 'owner')
  await service.caughtUp()
  const value = create(BlockChangedSchema, { blocked: false })
  const commit = commandCommit({ commandId: newId(), actorId: 'bob', now: new Date(0) }, [
    { case: 'blockChanged', value },
  ])
  await service.store.append({ stream: PEOPLE_STREAM, subject: blockSubject('bob', 'owner'), commit })
  await service.commands.run(groupId, { type: 'AddMembers', userIds: ['bob'] }, callerOf('owner'))
  await service.caughtUp()
})

test('whoever is put out takes along a bot, also one that another replica has just let in', async () => {
  const asked: string[][] = []
  let meanwhile = async () => {}
  const people = {
    unknown: async () => [],
    ownersOf: async (ids: readonly string[]) => {
      asked.push([...ids])
      await meanwhile()
      return new Map(ids.filter((id) => id.startsWith('bot')).map((id) => [id, 'ann']))
    },
  }
  const service = await openService({ people })
  const groupId = await service.found(['owner', 'ann', 'bot'])
  await service.caughtUp()
  meanwhile = async () => {
    meanwhile = async () => {}
    const added = create(MembersAddedSchema, { userIds: ['bot of tomorrow'] })
    await service.write(groupId, 'roster', { case: 'membersAdded', value: added })
  }
  const { events } = await service.commands.run(groupId, { type: 'RemoveMember', userId: 'ann' }, callerOf('owner'))
  const gone = events.flatMap(({ case: kind, value }) => (kind === 'memberRemoved' ? [value.userId] : []))
  expect(gone).toEqual(['ann', 'bot', 'bot of tomorrow'])
  expect(asked).toEqual([
    ['owner', 'ann', 'bot'],
    ['owner', 'ann', 'bot', 'bot of tomorrow'],
  ])
})

test('a stranger who puts somebody out makes nobody look at the members', async () => {
  let asked = 0
  const ownersOf = async (ids: readonly string[]) => {
    asked += ids.length
    return new Map<string, string>()
  }
  const service = await openService({ people: { unknown: async () => [], ownersOf } })
  const groupId = await service.found(['owner', 'ann'])
  await service.caughtUp()
  const removing = service.commands.run(groupId, { type: 'RemoveMember', userId: 'ann' }, callerOf('stranger'))
  expect([await refusalOf(removing), asked]).toEqual(['NOT_A_MEMBER', 0])
})
