import { JetStreamEventStore } from '@beseda/event-log'
import { newId, partitionOf } from '@beseda/kernel'
import { groupFilter, historyStream } from '@beseda/proto'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { MEMBER_LIMIT, rosterChanges } from '@beseda/rules'
import { reasonOf, TestSystem } from '@beseda/testkit'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { type Person, peopleOf } from './testing/people.js'

/** Many at once, on two replicas of every service: what must hold however they come. */
let system: TestSystem
beforeAll(async () => {
  const definitions = [identityService, groupService, membershipService]
  system = await TestSystem.start(...definitions)
  for (const definition of definitions) await system.run(definition)
})
afterAll(() => system?.stop())

const { person, group } = peopleOf(() => system)
const commandId = () => newId()
/** Answers of a question that is asked so often that every replica gets it. */
const ASKED = 16

/** Registrations at once: identity hashes passwords slowly, and refuses a registration when too many wait. */
const AT_ONCE = 8

async function crowd(count: number): Promise<Person[]> {
  const people: Person[] = []
  while (people.length < count) {
    people.push(
      ...(await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - people.length) }, () => person()))),
    )
  }
  return people
}

const count = (reasons: readonly string[], wanted: string) => reasons.filter((reason) => reason === wanted).length

/** Who is in the group, as both replicas say; undefined: the asker is not a member. */
async function rosterFor(asker: Person, groupId: string) {
  const first = await asker.membership.listMembers({ groupId }).catch(() => undefined)
  if (!first) return undefined
  const again = await Promise.all(Array.from({ length: ASKED }, () => asker.membership.listMembers({ groupId })))
  for (const { members } of again) expect(members).toEqual(first.members)
  return first.members
}

describe('who comes in', () => {
  test('of two hundred who race for the last seat, one gets it, on whichever replica', async () => {
    const limit = MEMBER_LIMIT[GroupKind.GROUP]
    const [owner, ...others] = await crowd(limit - 1)
    const groupId = await group(owner!, others)
    const { code } = await owner!.membership.createInvite({ commandId: commandId(), groupId })
    const racers = await crowd(200)
    const reasons = await Promise.all(
      racers.map(({ membership }) => reasonOf(membership.acceptInvite({ commandId: commandId(), code }))),
    )
    expect([count(reasons, 'accepted'), count(reasons, 'GROUP_FULL')]).toEqual([1, 199])
    expect(await rosterFor(owner!, groupId)).toHaveLength(limit)
    expect(joinedIn(await eventsOf(groupId))).toHaveLength(1)
  })

  test('of fifty who race for the last use of an invite, one gets it', async () => {
    const [owner, early, ...racers] = await crowd(52)
    const groupId = await group(owner!)
    const { code } = await owner!.membership.createInvite({ commandId: commandId(), groupId, maxUses: 2 })
    await early!.membership.acceptInvite({ commandId: commandId(), code })
    const reasons = await Promise.all(
      racers.map(({ membership }) => reasonOf(membership.acceptInvite({ commandId: commandId(), code }))),
    )
    expect([count(reasons, 'accepted'), count(reasons, 'INVITE_USED_UP')]).toEqual([1, 49])
    expect(await rosterFor(owner!, groupId)).toHaveLength(3)
    await expect
      .poll(async () => (await owner!.membership.listInvites({ groupId })).invites)
      .toMatchObject([{ uses: 2, maxUses: 2 }])
  })

  test('a retry that races with its first try is one joining', async () => {
    const [owner, ...racers] = await crowd(11)
    const groupId = await group(owner!)
    const { code } = await owner!.membership.createInvite({ commandId: commandId(), groupId, maxUses: 10 })
    const join = ({ membership, id }: Person) => reasonOf(membership.acceptInvite({ commandId: id, code }))
    const reasons = await Promise.all([...racers, ...racers, ...racers].map(join))
    expect(count(reasons, 'accepted')).toBe(30)
    // Another replica may be asked, which has not heard of the last one yet.
    const uses = async () => (await owner!.membership.listInvites({ groupId })).invites.map((invite) => invite.uses)
    await expect.poll(uses).toEqual([10])
    expect(joinedIn(await eventsOf(groupId))).toHaveLength(10)
  })
})

test('what an admin asks for ends where they were demoted in the log', async () => {
  const [owner, admin] = await crowd(2)
  for (let round = 0; round < 5; round++) {
    const groupId = await group(owner!, [admin!])
    await owner!.membership.changeRole({ commandId: commandId(), groupId, userId: admin!.id, role: Role.ADMIN })
    const act = (i: number) =>
      i % 2 > 0
        ? admin!.groups.updateGroup({ commandId: commandId(), groupId, topic: `${i}` })
        : admin!.groups.createWebhook({ commandId: commandId(), groupId, name: `w${i}` })
    const demotion = { commandId: commandId(), groupId, userId: admin!.id, role: Role.MEMBER }
    const acts = Array.from({ length: 8 }, (_, i) => reasonOf(act(i)))
    await owner!.membership.changeRole(demotion)
    expect(await reasonOf(act(9))).toBe('NOT_PERMITTED')
    await Promise.all(acts)
    const events = await eventsOf(groupId)
    const last = events.findLastIndex(({ body }) => body.case === 'roleChanged')
    expect(events.slice(last + 1)).toEqual([])
  }
})

const joinedIn = (events: readonly Event[]) => events.filter(({ body }) => body.case === 'memberJoined')

describe('there is always exactly one owner', () => {
  const PEOPLE = 5
  const ACTIONS = ['transfer', 'leave', 'remove', 'ban', 'promote', 'demote', 'add', 'deleteAccount'] as const
  interface Step {
    readonly actor: number
    readonly action: (typeof ACTIONS)[number]
    readonly target: number
  }
  const index = fc.nat({ max: PEOPLE - 1 })
  // The founder acts more often: the others may do little until they are given more.
  const actor = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: index })
  const steps = fc.array(fc.record<Step>({ actor, action: fc.constantFrom(...ACTIONS), target: index }), {
    minLength: 8,
    maxLength: 20,
  })
  const EXPECTED = [
    'accepted',
    'NOT_A_MEMBER',
    'NOT_PERMITTED',
    'USER_NOT_FOUND',
    'OWNER_CANNOT_LEAVE',
    'LAST_MEMBER',
    'BANNED',
    'CONTENTION',
  ]

  function act({ membership, identity }: Person, { id: userId }: Person, groupId: string, action: Step['action']) {
    const command = { commandId: commandId(), groupId, userId }
    switch (action) {
      case 'transfer':
        return membership.transferOwnership(command)
      case 'leave':
        return membership.leaveGroup(command)
      case 'remove':
        return membership.removeMember(command)
      case 'ban':
        return membership.banMember(command)
      case 'promote':
        return membership.changeRole({ ...command, role: Role.ADMIN })
      case 'demote':
        return membership.changeRole({ ...command, role: Role.MEMBER })
      case 'add':
        return membership.addMembers({ ...command, userIds: [userId] })
      case 'deleteAccount':
        return identity.deleteAccount({ commandId: command.commandId, password: 'correct horse' })
    }
  }

  test('whatever people do to each other at once', async () => {
    const property = fc.asyncProperty(steps, async (all) => {
      const people = await crowd(PEOPLE)
      const groupId = await group(people[0]!, people.slice(1))
      const gone = new Set<string>()
      await Promise.all(
        all.map(async ({ actor, action, target }) => {
          const reason = await reasonOf(act(people[actor]!, people[target]!, groupId, action))
          expect(EXPECTED, `${action}: ${reason}`).toContain(reason)
          if (action === 'deleteAccount' && reason === 'accepted') gone.add(people[actor]!.id)
        }),
      )
      // Who deleted the account leaves a moment later.
      await vi.waitFor(async () => {
        for (const asker of people.filter(({ id }) => !gone.has(id))) {
          const roster = await rosterFor(asker, groupId)
          if (!roster) continue
          expect(roster.filter(({ userId }) => gone.has(userId))).toEqual([])
          expect(roster.filter(({ role }) => role === Role.OWNER)).toHaveLength(1)
        }
      })
      expectOneOwner(await eventsOf(groupId))
    })
    await fc.assert(property, { numRuns: 12, endOnFailure: true })
  })

  /** The log told again: after every event there is one owner, as long as there is anybody. */
  function expectOneOwner(events: readonly Event[]): void {
    const roster = new Map<string, Role>()
    for (const { body } of events) {
      for (const { userId, role } of rosterChanges(body)) {
        if (role === undefined) roster.delete(userId)
        else roster.set(userId, role)
      }
      const owners = [...roster.values()].filter((role) => role === Role.OWNER)
      expect(owners, `after ${body.case}`).toHaveLength(roster.size === 0 ? 0 : 1)
    }
  }
})

/** Everything that the log holds of a group, in its order. */
async function eventsOf(groupId: string): Promise<Event[]> {
  const admin = await system.nats.connect('admin')
  const store = await JetStreamEventStore.open(admin)
  const partition = partitionOf(groupId, 2)
  const filter = groupFilter(partition, groupId)
  const stored = await store.read(historyStream(partition), { afterSeq: 0, filter, limit: 10_000 })
  await admin.close()
  return stored.flatMap(({ commit }) => commit.events)
}

test('after their removal nobody speaks; what was acknowledged stands in the log once, what was refused does not', async () => {
  const [owner, ...members] = await crowd(21)
  const groupId = await group(owner!, members)
  const acknowledged: string[] = []
  const refused: string[] = []
  const post = async ({ groups }: Person) => {
    const messageId = newId()
    // No answer in time is no refusal: a client sends the same message again until there is one.
    let reason = 'UNAVAILABLE'
    while (reason === 'UNAVAILABLE') reason = await reasonOf(groups.postMessage({ messageId, groupId, text: 'quick' }))
    if (reason === 'accepted') acknowledged.push(messageId)
    else refused.push(messageId)
    return reason
  }
  /** Three at a time, until they are refused. */
  const talk = async (member: Person) => {
    for (let reason = 'accepted'; reason === 'accepted'; ) {
      const reasons = await Promise.all([post(member), post(member), post(member)])
      reason = reasons.find((one) => one !== 'accepted') ?? 'accepted'
      expect(['accepted', 'NOT_A_MEMBER', 'CONTENTION']).toContain(reason)
      if (reason === 'CONTENTION') reason = 'accepted'
    }
  }
  const removeAll = async () => {
    for (const [i, { id: userId }] of members.entries()) {
      for (let said = 0; said < 4; said++) await post(owner!)
      const command = { commandId: commandId(), groupId, userId }
      await (i % 2 === 0 ? owner!.membership.removeMember(command) : owner!.membership.banMember(command))
    }
  }
  await Promise.all([removeAll(), ...members.map(talk)])

  const out = new Set<string>()
  const posted: string[] = []
  for (const { actorId, body } of await eventsOf(groupId)) {
    if (body.case === 'memberRemoved' || body.case === 'memberBanned') out.add(body.value.userId)
    if (body.case !== 'messagePosted') continue
    expect(out.has(actorId), `${actorId} posted after the removal`).toBe(false)
    posted.push(body.value.messageId)
  }
  expect(out.size).toBe(20)
  expect(new Set(posted).size).toBe(posted.length)
  expect(new Set(posted)).toEqual(new Set(acknowledged))
  expect(refused.length).toBeGreaterThanOrEqual(20)
  expect(acknowledged.length).toBeGreaterThan(200)
})
