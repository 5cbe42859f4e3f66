import { newId } from '@beseda/kernel'
import { type Call, CallState } from '@beseda/proto/call/v1/call_service'
import { RecordingService } from '@beseda/proto/call/v1/recording_service'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { HistoryService } from '@beseda/proto/history/v1/history_service'
import { reasonOf, TestSystem } from '@beseda/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callService } from './call/src/call.module.js'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { type Caller, callersOf } from './testing/callers.js'

/** Voice rooms on a real Redis and a real NATS, with two replicas of the call service. */
let system: TestSystem
beforeAll(async () => {
  system = await TestSystem.start(identityService, groupService, membershipService, callService, callService)
})
afterAll(() => system.stop())

const { people, groupOf, pair, pictures, history } = callersOf(() => system)

const userIds = (call: Call | undefined) => call?.participants.map(({ userId }) => userId)
const settle = (who: Caller, groupId: string, settings: { readonly voiceRoom: boolean }) =>
  who.groups.updateGroup({ commandId: newId(), groupId, settings })
const enter = (who: Caller, groupId: string) => who.calls.startCall({ callId: newId(), groupId, ring: true })
const records = async (who: Caller, groupId: string) =>
  (await system.client(HistoryService, { userId: who.userId }).listCalls({ groupId })).calls

/** A group with a voice room; the first owns it. */
async function roomOf(n: number, kind = GroupKind.GROUP) {
  const members = await people(n)
  const groupId = await groupOf(members[0]!, members.slice(1), kind)
  await settle(members[0]!, groupId, { voiceRoom: true })
  const [ann, bob, cat] = members as [Caller, Caller, Caller]
  return { ann, bob, cat, groupId }
}

test('admins open a voice room in their group, others and direct chats do not', async () => {
  const { ann, bob, groupId } = await roomOf(2)
  expect(await reasonOf(settle(bob, groupId, { voiceRoom: false }))).toBe('NOT_PERMITTED')
  expect((await ann.groups.getGroup({ groupId })).group?.settings?.voiceRoom).toBe(true)
  const direct = await pair()
  expect(await reasonOf(settle(direct.ann, direct.groupId, { voiceRoom: true }))).toBe('DIRECT_CHAT')
})

test('whoever comes is seen by all and rings nobody, and the conversation says nothing of it', async () => {
  for (const kind of [GroupKind.GROUP, GroupKind.CHANNEL]) {
    const { ann, bob, groupId } = await roomOf(2, kind)
    const seen = await pictures(groupId)
    const { call, access } = await enter(bob, groupId)
    expect(call).toMatchObject({ room: true, state: CallState.ACTIVE, invitees: [] })
    expect(access?.token).not.toBe('')
    expect(await seen.next()).toMatchObject({ room: true, invitees: [] })
    expect((await ann.calls.listMyCalls({})).calls).toMatchObject([{ id: call!.id, room: true }])
    await enter(ann, groupId)
    expect(userIds(await seen.next())).toEqual([bob.userId, ann.userId])
    for (const { calls } of [bob, ann]) await calls.leaveCall({ callId: call!.id, groupId })
    expect(await seen.until(({ state }) => state === CallState.ENDED)).toMatchObject({ id: call!.id })
    expect(await history(groupId)).toEqual([
      ...['callStarted', 'callJoined', 'callJoined'],
      ...['callLeft', 'callLeft', 'callEnded'],
    ])
    // A call that is in the history shows that the view has got so far.
    await settle(ann, groupId, { voiceRoom: false })
    await expect.poll(async () => (await enter(ann, groupId)).call?.room).toBe(false)
    await expect.poll(async () => (await records(ann, groupId)).length).toBe(1)
  }
})

test('a recording of the room is in the history of calls, with who made it', async () => {
  const { ann, bob, groupId } = await roomOf(2)
  const { call } = await enter(ann, groupId)
  await enter(bob, groupId)
  const recordings = system.client(RecordingService, { userId: bob.userId, deviceId: bob.deviceId })
  await recordings.startRecording({ commandId: newId(), groupId, callId: call!.id, soundOnly: true })
  await expect
    .poll(() => records(ann, groupId))
    .toMatchObject([{ callId: call!.id, room: true, callerId: bob.userId, recordedByUserIds: [bob.userId] }])
})

test('a member who is muted, banned or removed is out of the room at once, and does not come back', async () => {
  const { ann, bob, cat, groupId } = await roomOf(3)
  const { call } = await enter(ann, groupId)
  const callId = call!.id
  for (const who of [bob, cat]) await enter(who, groupId)
  const seen = await pictures(groupId)
  await ann.membership.muteMember({ commandId: newId(), groupId, userId: bob.userId, forS: 600 })
  expect(userIds(await seen.next())).toEqual([ann.userId, cat.userId])
  expect(await reasonOf(enter(bob, groupId))).toBe('MUTED')
  expect(await reasonOf(bob.calls.joinCall({ callId, groupId }))).toBe('MUTED')
  await ann.membership.muteMember({ commandId: newId(), groupId, userId: bob.userId, forS: 0 })
  await expect.poll(() => reasonOf(enter(bob, groupId))).toBe('accepted')
  expect(userIds(await seen.next())).toEqual([ann.userId, cat.userId, bob.userId])
  await ann.membership.banMember({ commandId: newId(), groupId, userId: cat.userId })
  expect(userIds(await seen.next())).toEqual([ann.userId, bob.userId])
  expect(await reasonOf(enter(cat, groupId))).toBe('NOT_A_MEMBER')
  await ann.membership.removeMember({ commandId: newId(), groupId, userId: bob.userId })
  expect(userIds(await seen.next())).toEqual([ann.userId])
})

test('two who enter the empty room at once are in the same one, again and again', async () => {
  const { ann, bob, groupId } = await roomOf(2)
  for (let round = 0; round < 20; round++) {
    const entered = await Promise.all([ann, bob].map((who) => enter(who, groupId)))
    const [callId, ...others] = new Set(entered.map(({ call }) => call?.id))
    expect(others).toEqual([])
    expect(new Set(userIds((await ann.calls.listMyCalls({})).calls[0]))).toEqual(new Set([ann.userId, bob.userId]))
    for (const { calls } of [ann, bob]) await calls.leaveCall({ groupId, callId: callId! })
  }
})

test('Redis is restarted empty while people are in the room: who renews is in it again, and it still calls nobody', async () => {
  const { ann, bob, groupId } = await roomOf(2)
  const { call } = await enter(ann, groupId)
  const { call: before } = await enter(bob, groupId)
  await system.redis.process.kill()
  await system.redis.process.start()
  const renew = (who: Caller) => () =>
    reasonOf(who.calls.renewCall({ callId: call!.id, groupId, knownRevision: before!.revision }))
  for (const who of [ann, bob]) await expect.poll(renew(who)).toBe('accepted')
  const [again] = (await ann.calls.listMyCalls({})).calls
  expect(again).toMatchObject({ id: call!.id, room: true, state: CallState.ACTIVE, invitees: [] })
})
