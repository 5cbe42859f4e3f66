import { newId } from '@beseda/kernel'
import { CallState } from '@beseda/proto/call/v1/call_service'
import { GroupKind } from '@beseda/proto/group/v1/events'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type CallWorld, callWorld, deviceOf, isOver, peopleIn, refusalOf } from '../../../testing/calls.js'
import { CALL_LIMIT, type CallSession } from '../domain/session.js'

const NOW = Date.UTC(2026, 0, 1)
const ann = deviceOf('ann')
const bob = deviceOf('bob')

/**
 * Runs requests at once, in every order in which their reads and writes can follow one another. `prepare` runs before, undisturbed;
 * `check` gets the results in the order of the requests.
 */
function race<Ready>(
  prepare: (world: CallWorld) => Promise<Ready>,
  requests: (world: CallWorld, ready: Ready) => readonly Promise<unknown>[],
  check: (results: readonly string[], world: CallWorld, ready: Ready) => Promise<void>,
) {
  return fc.assert(
    fc.asyncProperty(fc.scheduler(), async (scheduler) => {
      let isRacing = false
      const world = callWorld(async () => (isRacing ? scheduler.schedule(Promise.resolve()) : undefined))
      const ready = await prepare(world)
      isRacing = true
      const results = await scheduler.waitFor(Promise.all(requests(world, ready).map(refusalOf)))
      isRacing = false
      await check(results, world, ready)
    }),
    { numRuns: 200 },
  )
}

const ringing = async (world: CallWorld): Promise<CallSession> =>
  world.start(world.group(['ann', 'bob'], GroupKind.DIRECT), ann, NOW)

/** How often the log says that something happened to the group's calls. */
const timesLogged = async (world: CallWorld, groupId: string, name: string) =>
  (await world.logged(groupId)).filter((event) => event === name).length

test('of two devices that accept at once, one is in the call', () =>
  race(
    ringing,
    (world, { groupId, id }) =>
      ['phone', 'tablet'].map((device) => world.join(groupId, id, deviceOf('bob', device), NOW)),
    async (results, world, { groupId }) => {
      expect(new Set(results)).toEqual(new Set(['accepted', 'CALL_ANSWERED_ELSEWHERE']))
      expect(peopleIn(world.session(groupId))).toEqual(['ann', 'bob'])
      expect(await timesLogged(world, groupId, 'callJoined')).toBe(2)
      expect(world.steps).toEqual(['start', 'join'])
    },
  ))

test('two people who call each other at once are in one call', () =>
  race(
    async (world) => world.group(['ann', 'bob'], GroupKind.DIRECT),
    (world, groupId) => [ann, bob].map((device) => world.start(groupId, device, NOW)),
    async (results, world, groupId) => {
      expect(results).toEqual(['accepted', 'accepted'])
      const session = world.session(groupId)
      expect(session?.state).toBe(CallState.ACTIVE)
      expect(new Set(peopleIn(session))).toEqual(new Set(['ann', 'bob']))
      expect(await world.logged(groupId)).toEqual(['callStarted', 'callJoined', 'callJoined'])
    },
  ))

test('a caller who gives up while the other accepts: the call has ended for both, whoever came first', () =>
  race(
    ringing,
    (world, { groupId, id }) => [world.commands.leaveCall(groupId, id, ann, NOW), world.join(groupId, id, bob, NOW)],
    async ([left, joined], world, { groupId }) => {
      expect(left).toBe('accepted')
      expect(['accepted', 'CALL_ENDED']).toContain(joined)
      expect(isOver(world.session(groupId))).toBe(true)
      expect(world.session(groupId)?.participants).toEqual([])
      expect(world.personal.groups.get('ann')).toBeUndefined()
      expect((await world.logged(groupId)).at(-1)).toBe('callEnded')
      expect(await timesLogged(world, groupId, 'callEnded')).toBe(1)
    },
  ))

test('a decline and an accept of one person at once: one of them counts', () =>
  race(
    ringing,
    (world, { groupId, id }) => [
      world.commands.declineCall(groupId, id, deviceOf('bob', 'tablet'), NOW),
      world.join(groupId, id, bob, NOW),
    ],
    async ([declined, joined], world, { groupId }) => {
      const ended = isOver(world.session(groupId))
      expect([declined, joined]).toEqual(ended ? ['accepted', 'CALL_ENDED'] : ['CALL_ANSWERED_ELSEWHERE', 'accepted'])
    },
  ))

test('two people who come at once for the last place: one finds the call full', () =>
  race(
    async (world) => {
      const early = Array.from({ length: CALL_LIMIT - 1 }, (_, i) => `person ${i}`)
      const groupId = world.group([...early, 'ann', 'bob'])
      const session = await world.start(groupId, deviceOf('person 0'), NOW, { ring: false })
      for (const userId of early.slice(1)) await world.join(groupId, session.id, deviceOf(userId), NOW)
      return session
    },
    (world, { groupId, id }) => [ann, bob].map((device) => world.join(groupId, id, device, NOW)),
    async (results, world, { groupId }) => {
      expect(new Set(results)).toEqual(new Set(['accepted', 'CALL_FULL']))
      expect(peopleIn(world.session(groupId))).toHaveLength(CALL_LIMIT)
    },
  ))

/** The removal is in the log; what follows from it comes later. */
const remove = async (world: CallWorld, groupId: string, userId: string) => {
  await world.members.membership(groupId, 'ann')
  world.members.groups.get(groupId)?.roles.delete(userId)
  await world.upkeep.memberLeft(groupId, userId, NOW)
}

test('a person who is removed while joining is not in the call after both', () =>
  race(
    async (world) => world.start(world.group(['ann', 'bob']), ann, NOW),
    (world, { groupId, id }) => [remove(world, groupId, 'bob'), world.join(groupId, id, bob, NOW)],
    async ([, joined], world, { groupId }) => {
      expect(['accepted', 'NOT_A_MEMBER']).toContain(joined)
      expect(peopleIn(world.session(groupId))).toEqual(['ann'])
    },
  ))

test('a person who is removed while starting a call is in none after both', () =>
  race(
    async (world) => world.group(['ann', 'bob']),
    (world, groupId) => [remove(world, groupId, 'bob'), world.start(groupId, bob, NOW)],
    async ([, started], world, groupId) => {
      expect(['accepted', 'NOT_A_MEMBER']).toContain(started)
      expect(peopleIn(world.session(groupId))).toEqual([])
    },
  ))

test('a member who is muted while entering the voice room is not in it after both', () =>
  race(
    async (world) => {
      const groupId = world.group(['ann', 'bob'])
      world.members.groups.get(groupId)!.room = true
      return world.start(groupId, ann, NOW)
    },
    (world, { groupId }) => [
      (async () => {
        await world.members.membership(groupId, 'ann')
        world.members.groups.get(groupId)!.mutes.set('bob', NOW + 1)
        await world.upkeep.memberMuted(groupId, 'bob', NOW)
      })(),
      world.start(groupId, bob, NOW),
    ],
    async ([, entered], world, { groupId }) => {
      expect(['accepted', 'MUTED']).toContain(entered)
      expect(peopleIn(world.session(groupId))).toEqual(['ann'])
    },
  ))

test('whoever is blocked while they call rings nobody once the block is known', () =>
  race(
    async (world) => world.group(['ann', 'bob'], GroupKind.DIRECT),
    (world, groupId) => [
      (async () => {
        await world.members.membership(groupId, 'ann')
        world.members.groups.get(groupId)!.blocked = true
      })(),
      world.start(groupId, bob, NOW),
    ],
    async ([, started], world, groupId) => {
      const session = world.session(groupId)
      expect(['accepted', 'BLOCKED']).toContain(started)
      if (started === 'BLOCKED') expect(peopleIn(session)).toEqual([])
      // The call began before the block; it ends when the caller's device renews its place.
      else expect(await refusalOf(world.renew(groupId, session?.id ?? '', bob, NOW))).toBe('BLOCKED')
      expect(peopleIn(world.session(groupId))).toEqual([])
    },
  ))

test('the end of a call and the start of the next at once: the log tells whole calls, one after the other', () =>
  race(
    async (world) => {
      const session = await ringing(world)
      await world.join(session.groupId, session.id, bob, NOW)
      return session
    },
    (world, { groupId, id }) => [
      world.commands.leaveCall(groupId, id, ann, NOW),
      world.start(groupId, bob, NOW, { id: newId() }),
    ],
    async (results, world, { groupId, id }) => {
      expect(results).toEqual(['accepted', 'accepted'])
      const first = ['callStarted', 'callJoined', 'callJoined', 'callLeft', 'callEnded']
      const isNewCall = world.session(groupId)?.id !== id
      expect(await world.logged(groupId)).toEqual(isNewCall ? [...first, 'callStarted', 'callJoined'] : first)
    },
  ))

test('everybody renews, leaves and comes at once: each person once, and every commit in the log once', () =>
  race(
    async (world) => {
      const session = await world.start(world.group(['ann', 'bob', 'cat', 'dan']), ann, NOW)
      for (const userId of ['bob', 'cat']) await world.join(session.groupId, session.id, deviceOf(userId), NOW)
      return session
    },
    (world, { groupId, id }) => [
      world.renew(groupId, id, ann, NOW),
      world.commands.leaveCall(groupId, id, bob, NOW),
      world.renew(groupId, id, deviceOf('cat'), NOW),
      world.join(groupId, id, deviceOf('dan'), NOW),
      world.join(groupId, id, deviceOf('cat', 'tablet'), NOW, true),
    ],
    async (_, world, { groupId }) => {
      const session = world.session(groupId)
      expect(new Set(peopleIn(session))).toEqual(new Set(['ann', 'cat', 'dan']))
      expect(peopleIn(session)).toHaveLength(3)
      expect(await timesLogged(world, groupId, 'callJoined')).toBe(4)
      expect(await timesLogged(world, groupId, 'callLeft')).toBe(1)
      expect(world.documents.documents.get(groupId)?.pending).toEqual([])
      expect(world.personal.groups.has('bob')).toBe(false)
    },
  ))

test('two people who start at once after Redis has lost their call: the log ends the lost one once, and both are in the next', () =>
  race(
    async (world) => {
      const { groupId } = await ringing(world)
      world.documents.documents.clear()
      return groupId
    },
    (world, groupId) => [ann, bob].map((device) => world.start(groupId, device, NOW + 1)),
    async (results, world, groupId) => {
      expect(results).toEqual(['accepted', 'accepted'])
      expect(new Set(peopleIn(world.session(groupId)))).toEqual(new Set(['ann', 'bob']))
      const lost = ['callStarted', 'callJoined', 'callMissed', 'callEnded']
      expect(await world.logged(groupId)).toEqual([...lost, 'callStarted', 'callJoined', 'callJoined'])
    },
  ))
