import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { beforeEach, expect, test } from 'vitest'
import { type CallWorld, callWorld, deviceOf, peopleIn, refusalOf } from '../../../testing/calls.js'

const NOW = Date.UTC(2026, 0, 1)
const NEVER = new AbortController().signal

let world: CallWorld
let groupId: string
let callId: string
/** Ann owns the group, Bob and Cat are admins, Dan and Eve members; all but Eve are in the call. */
beforeEach(async () => {
  world = callWorld()
  groupId = world.group(['ann', 'bob', 'cat', 'dan', 'eve'], undefined, ['bob', 'cat'])
  callId = (await world.start(groupId, deviceOf('ann'), NOW)).id
  for (const userId of ['bob', 'cat', 'dan']) await world.join(groupId, callId, deviceOf(userId), NOW)
})
const mute = (byUserId: string, userId = '', call = callId) =>
  refusalOf(world.moderation.muteParticipants(groupId, call, byUserId, userId, NOW, NEVER))
const remove = (byUserId: string, userId: string, call = callId) =>
  refusalOf(world.moderation.removeParticipant(groupId, call, byUserId, userId, NOW, NEVER))
const asked = () => world.muteRequests.map(({ userId }) => userId).sort()

test('an admin asks one participant to mute, whom the admin outranks', async () => {
  expect(await mute('bob', 'dan')).toBe('accepted')
  expect(world.muteRequests).toEqual([{ userId: 'dan', byUserId: 'bob' }])
  expect(await mute('bob', 'cat')).toBe('NOT_PERMITTED')
  expect(await mute('dan', 'bob')).toBe('NOT_PERMITTED')
  expect(asked()).toEqual(['dan'])
})

test('asking all reaches those whom the admin outranks, and not the admin', async () => {
  await mute('ann')
  expect(asked()).toEqual(['bob', 'cat', 'dan'])
  world.muteRequests.length = 0
  await mute('bob')
  expect(asked()).toEqual(['dan'])
})

test('a participant who is no longer a member may still be asked', async () => {
  world.members.groups.get(groupId)?.roles.delete('cat')
  await mute('bob', 'cat')
  expect(asked()).toEqual(['cat'])
})

test('asking is refused to strangers, about people who are not in the call, and without a call', async () => {
  expect(await mute('a stranger')).toBe('NOT_A_MEMBER')
  expect(await mute('ann', 'eve')).toBe('NOT_IN_CALL')
  expect(await mute('ann', '', newId())).toBe('CALL_NOT_FOUND')
  await world.upkeep.groupDeleted(groupId, NOW)
  expect(await mute('ann')).toBe('CALL_ENDED')
  expect(asked()).toEqual([])
})

test('an admin takes out of the call whom the admin outranks', async () => {
  expect(await remove('dan', 'bob')).toBe('NOT_PERMITTED')
  expect(await remove('bob', 'ann')).toBe('NOT_PERMITTED')
  expect(await remove('bob', 'dan')).toBe('accepted')
  expect(peopleIn(world.session(groupId))).toEqual(['ann', 'bob', 'cat'])
  expect(await world.logged(groupId)).toContain('callLeft')
})

test('taking out somebody who is only rung ends the ringing for them', async () => {
  expect(world.session(groupId)?.invitees.map(({ userId }) => userId)).toContain('eve')
  await remove('ann', 'eve')
  expect(world.session(groupId)?.invitees.map(({ userId }) => userId)).not.toContain('eve')
})

test('taking out is refused without a call, or when it has ended', async () => {
  expect(await remove('ann', 'dan', newId())).toBe('CALL_NOT_FOUND')
  await world.upkeep.groupDeleted(groupId, NOW)
  expect(await remove('ann', 'dan')).toBe('CALL_ENDED')
})

test('errors of membership are passed on, not taken for a person who has left', async () => {
  const answer = world.members.membership.bind(world.members)
  world.members.membership = async (group, userId) => {
    if (userId === 'dan') throw new Refusal(ErrorReason.UNAVAILABLE)
    return answer(group, userId)
  }
  expect(await remove('ann', 'dan')).toBe('UNAVAILABLE')
  expect(await mute('ann')).toBe('UNAVAILABLE')
  expect(peopleIn(world.session(groupId))).toContain('dan')
  expect(asked()).not.toContain('dan')
})

test('people see the calls of their groups that have not ended, and gateways the devices in them', async () => {
  const elsewhere = world.group(['eve'])
  await world.start(elsewhere, deviceOf('eve'), NOW)
  const mine = async (userId: string) => (await world.queries.listMyCalls(userId, NEVER)).map(({ id }) => id)
  expect(await mine('dan')).toEqual([callId])
  expect(await mine('eve')).toHaveLength(2)
  expect(await mine('a stranger')).toEqual([])
  const devices = await world.queries.listDevices(groupId, callId)
  expect(devices.map(({ userId }) => userId)).toEqual(['ann', 'bob', 'cat', 'dan'])
  expect(await world.queries.listDevices(groupId, newId())).toEqual([])
  await world.upkeep.groupDeleted(groupId, NOW)
  expect(await mine('dan')).toEqual([])
  expect(await world.queries.listDevices(groupId, callId)).toEqual([])
})
