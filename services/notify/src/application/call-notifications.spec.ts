import { newId } from '@beseda/kernel'
import { historyStream, historySubject, NOTIFY_STREAM } from '@beseda/proto'
import { type Call, CallSchema, CallState, InviteeState } from '@beseda/proto/call/v1/call_service'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { MembersAddedSchema } from '@beseda/proto/membership/v1/events'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { NOW, type NotifyWorld, notifyWorld } from '../../../testing/notifications.js'

const now = NOW.getTime()
let world: NotifyWorld
beforeEach(async () => {
  world = await notifyWorld()
})
afterEach(() => world.stop())

const callOf = (groupId: string, id = newId()) => ({
  rings: (...userIds: string[]) => pictureOf(groupId, id, CallState.RINGING, InviteeState.RINGING, userIds),
  over: (state: InviteeState, ...userIds: string[]) => pictureOf(groupId, id, CallState.ENDED, state, userIds),
})
const pictureOf = (groupId: string, id: string, state: CallState, invitee: InviteeState, userIds: string[]): Call =>
  create(CallSchema, {
    id,
    groupId,
    state,
    callerId: 'ann',
    video: true,
    ringExpiresAt: timestampFromMs(now + 30_000),
    invitees: userIds.map((userId) => ({ userId, state: invitee })),
  })
const kinds = () => world.pushes.map(({ note }) => note.kind)

test('a call rings every device of an invitee, for as long as it rings, once', async () => {
  const groupId = await world.group(['ann', 'bob'], GroupKind.DIRECT)
  for (const _ of ['phone', 'desk']) await world.device('bob')
  const { calls } = await world.run()
  const call = callOf(groupId)
  await calls.changed(call.rings('bob'), now)
  await calls.changed(call.rings('bob'), now)
  expect(kinds()).toEqual(['call', 'call'])
  const [{ note, terms }] = world.pushes as [(typeof world.pushes)[0]]
  expect(note).toMatchObject({ direct: true, caller: 'name of ann', video: true, until: now + 30_000 })
  expect(terms).toMatchObject({ ttlSeconds: 30, urgency: 'high' })
})

test('a call of a group that is younger than the view rings: the view catches up first', async () => {
  const { calls, audience, projection } = await world.run()
  await world.device('bob')
  await vi.waitFor(() => expect(projection.applied(NOTIFY_STREAM)).toBe(1))
  const groupId = await world.group(['ann', 'bob'], GroupKind.DIRECT)
  expect(audience.group(groupId)).toBeUndefined()
  await calls.changed(callOf(groupId).rings('bob'), now)
  expect(kinds()).toEqual(['call'])
})

test('a person who was added a moment before the call is rung', async () => {
  const groupId = await world.group(['ann'])
  await world.device('bob')
  const { calls } = await world.run()
  const added = { case: 'membersAdded', value: create(MembersAddedSchema, { userIds: ['bob'] }) } as const
  await world.append(historyStream(0), historySubject(0, groupId, 'roster'), added)
  await calls.changed(callOf(groupId).rings('bob'), now)
  expect(kinds()).toEqual(['call'])
})

test('a call of a known group rings also when the log does not answer', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await world.device('bob')
  const { calls } = await world.run()
  vi.spyOn(world.store, 'heads').mockRejectedValue(new Error('the log does not answer'))
  vi.spyOn(world.store, 'last').mockRejectedValue(new Error('the log does not answer'))
  await calls.changed(callOf(groupId).rings('bob'), now)
  expect(kinds()).toEqual(['call'])
  expect(world.failures).toHaveLength(1)
})

test('devices that ring stop when the call is answered or missed', async () => {
  const groupId = await world.group(['ann', 'bob', 'cat'])
  for (const userId of ['bob', 'cat']) await world.device(userId)
  const { calls } = await world.run()
  const call = callOf(groupId)
  await calls.changed(call.rings('bob', 'cat'), now)
  await calls.changed(call.over(InviteeState.JOINED, 'bob'), now)
  await calls.changed(call.over(InviteeState.MISSED, 'cat'), now)
  const over = world.pushes.flatMap(({ note, terms }) =>
    note.kind === 'call-over' ? [{ missed: note.missed, ttl: terms.ttlSeconds }] : [],
  )
  expect(over).toEqual([
    { missed: false, ttl: 60 },
    { missed: true, ttl: 86_400 },
  ])
  await calls.changed(call.over(InviteeState.MISSED, 'cat'), now)
  expect(kinds()).toHaveLength(4)
})

test('a call that was over before its ringing was handled does not ring', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await world.device('bob')
  const { calls } = await world.run()
  const call = callOf(groupId)
  await calls.changed(call.over(InviteeState.DECLINED, 'bob'), now)
  await calls.changed(call.rings('bob'), now)
  expect(kinds()).toEqual([])
})

test.each([
  ['wants no disturbance', async () => void world.attention.set('bob', { active: false, doNotDisturb: true })],
  ['has no device', async () => void world.endedSessions.add('phone')],
])('a person who %s is not rung', async (_, prepare) => {
  const groupId = await world.group(['ann', 'bob'])
  await world.device('bob', 'phone')
  await prepare()
  const { calls } = await world.run()
  await calls.changed(callOf(groupId).rings('bob'), now)
  expect(kinds()).toEqual([])
})

test('a person who uses another device is rung all the same; a person who is not a member is not', async () => {
  const groupId = await world.group(['ann', 'bob'])
  for (const userId of ['bob', 'eve']) await world.device(userId)
  world.attention.set('bob', { active: true, doNotDisturb: false })
  const { calls } = await world.run()
  await calls.changed(callOf(groupId).rings('bob', 'eve'), now)
  expect(kinds()).toEqual(['call'])
})

test('for a person who hides content the note does not say who calls', async () => {
  const groupId = await world.group(['ann', 'bob'])
  await world.device('bob')
  await world.hideContent('bob')
  const { calls } = await world.run()
  await calls.changed(callOf(groupId).rings('bob'), now)
  expect(world.pushes[0]?.note).toMatchObject({ kind: 'call', caller: '', groupName: 'Chess' })
})

test('a call of an unknown group rings nobody', async () => {
  await world.device('bob')
  const { calls } = await world.run()
  await calls.changed(callOf(newId()).rings('bob'), now)
  expect([kinds(), world.failures]).toEqual([[], []])
})
