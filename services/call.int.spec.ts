import { newId } from '@beseda/kernel'
import { TokenVerifier } from '@beseda/platform'
import { userSubject } from '@beseda/proto'
import { type Call, CallService, CallState, InviteeState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { HistoryService } from '@beseda/proto/history/v1/history_service'
import { reasonOf, TestSystem } from '@beseda/testkit'
import { fromBinary } from '@bufbuild/protobuf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { redisCallDocuments } from './call/src/adapters/redis/call-documents.js'
import { redisPersonalCalls } from './call/src/adapters/redis/personal-calls.js'
import { callService } from './call/src/call.module.js'
import type { Participant } from './call/src/domain/session.js'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { type Caller, callersOf } from './testing/callers.js'

/** Calls on a real Redis and a real NATS, with two replicas of the call service. */
let system: TestSystem
beforeAll(async () => {
  system = await TestSystem.start(identityService, groupService, membershipService, callService, callService)
})
afterAll(() => system.stop())

const { person, people, groupOf, pair, pictures, history } = callersOf(() => system)

const userIds = (call: Call | undefined) => call?.participants.map(({ userId }) => userId)
const ringsAt = (call: Call, { userId }: Caller) =>
  call.invitees.some((invitee) => invitee.userId === userId && invitee.state === InviteeState.RINGING)

describe('a call of two', () => {
  test('rings, is answered, is hung up, and is in the history', async () => {
    const { ann, bob, groupId } = await pair()
    const seen = await pictures(groupId)
    const callId = newId()
    const { access, call } = await ann.calls.startCall({ callId, groupId, video: true })
    const id = call!.id
    const verifier = new TokenVerifier(async () => (await system.client(CallService).getCallKeys({})).jwks)
    const claims = { sub: ann.userId, did: ann.deviceId, call: id, grp: groupId }
    expect(await verifier.verify(access!.token, 'call')).toMatchObject(claims)
    const ringing = await seen.next()
    expect(ringing).toMatchObject({ id, state: CallState.RINGING, video: true, limit: 10 })
    expect([ringsAt(ringing, bob), ringsAt(ringing, ann)]).toEqual([true, false])
    expect((await bob.calls.listMyCalls({})).calls).toMatchObject([{ id }])
    await bob.calls.joinCall({ callId, groupId })
    const answered = await seen.next()
    expect(answered.invitees).toMatchObject([{ state: InviteeState.JOINED, answeredByDeviceId: bob.deviceId }])
    expect(userIds(answered)).toEqual([ann.userId, bob.userId])
    await ann.calls.leaveCall({ callId, groupId })
    expect(await seen.next()).toMatchObject({ state: CallState.ENDED, endReason: CallEndReason.HANG_UP })
    expect((await bob.calls.listMyCalls({})).calls).toEqual([])
    const told = ['callStarted', 'callJoined', 'callJoined', 'callLeft', 'callEnded']
    expect(await history(groupId)).toEqual(told)
  })

  test('a hundred devices accept at once: one gets it', async () => {
    const { ann, bob, groupId } = await pair()
    const callId = newId()
    await ann.calls.startCall({ callId, groupId })
    const devices = Array.from({ length: 100 }, () => bob.on(newId()))
    const results = await Promise.all(devices.map((device) => reasonOf(device.joinCall({ callId, groupId }))))
    expect(results.filter((result) => result === 'accepted')).toHaveLength(1)
    expect(results.filter((result) => result === 'CALL_ANSWERED_ELSEWHERE')).toHaveLength(99)
    expect((await history(groupId)).filter((event) => event === 'callJoined')).toHaveLength(2)
  })

  test('both call each other at once, again and again: always one call with both in it', async () => {
    const { ann, bob, groupId } = await pair()
    for (let round = 0; round < 20; round++) {
      const started = await Promise.all([ann, bob].map(({ calls }) => calls.startCall({ callId: newId(), groupId })))
      const [callId, ...others] = new Set(started.map(({ call }) => call?.id))
      expect(others).toEqual([])
      expect((await ann.calls.listMyCalls({})).calls).toMatchObject([{ id: callId, state: CallState.ACTIVE }])
      await ann.calls.leaveCall({ groupId, callId: callId! })
    }
  })

  test('a person in a call is busy for others, and cannot start another', async () => {
    const { ann, bob, groupId } = await pair()
    const callId = newId()
    await ann.calls.startCall({ callId, groupId })
    await bob.calls.joinCall({ callId, groupId })
    const eve = await person()
    const other = await groupOf(eve, [bob], GroupKind.DIRECT)
    const busy = await eve.calls.startCall({ callId: newId(), groupId: other })
    expect(busy).toMatchObject({ call: { state: CallState.ENDED, endReason: CallEndReason.BUSY } })
    expect(busy.access).toBeUndefined()
    expect(await history(other)).toEqual(['callStarted', 'callJoined', 'callMissed', 'callEnded'])
    expect(await reasonOf(bob.calls.startCall({ callId: newId(), groupId: other }))).toBe('CALL_BUSY')
    await bob.calls.leaveCall({ callId, groupId })
    expect(await reasonOf(bob.calls.startCall({ callId: newId(), groupId: other }))).toBe('accepted')
  })

  test('nobody is rung by a person whom they have blocked', async () => {
    const { ann, bob, groupId } = await pair()
    const cat = await person()
    const club = await groupOf(ann, [bob, cat])
    await bob.identity.setBlocked({ commandId: newId(), userId: ann.userId, blocked: true })
    const direct = () => reasonOf(ann.calls.startCall({ callId: newId(), groupId }))
    await expect.poll(direct).toBe('BLOCKED')
    const { call } = await ann.calls.startCall({ callId: newId(), groupId: club, ring: true })
    expect([ringsAt(call!, bob), ringsAt(call!, cat)]).toEqual([false, true])
  })

  test('strangers can neither start, join nor see a call', async () => {
    const { ann, groupId } = await pair()
    const eve = await person()
    const callId = newId()
    await ann.calls.startCall({ callId, groupId })
    expect(await reasonOf(eve.calls.joinCall({ callId, groupId }))).toBe('NOT_A_MEMBER')
    expect(await reasonOf(eve.calls.startCall({ callId: newId(), groupId }))).toBe('NOT_A_MEMBER')
    expect(await reasonOf(eve.calls.renewCall({ callId, groupId }))).toBe('NOT_A_MEMBER')
    expect((await eve.calls.listMyCalls({})).calls).toEqual([])
  })

  test('hides the address of a person who asks for it, in every access that the person is given', async () => {
    const { ann, bob, groupId } = await pair()
    const callId = newId()
    expect((await ann.calls.startCall({ callId, groupId })).access?.relayOnly).toBe(false)
    const { access } = await bob.calls.joinCall({ callId, groupId, relayOnly: true })
    const verifier = new TokenVerifier(async () => (await system.client(CallService).getCallKeys({})).jwks)
    expect(access?.relayOnly).toBe(true)
    expect(await verifier.verify(access!.token, 'call')).toMatchObject({ sub: bob.userId, rel: true })
    const renewed = await bob.calls.renewCall({ callId, groupId, wantAccess: true, relayOnly: true })
    expect(renewed.access?.relayOnly).toBe(true)
  })

  test('moves to another device of the person', async () => {
    const { ann, bob, groupId } = await pair()
    const callId = newId()
    await ann.calls.startCall({ callId, groupId })
    await bob.calls.joinCall({ callId, groupId })
    const tablet = newId()
    expect(await reasonOf(bob.on(tablet).joinCall({ callId, groupId }))).toBe('CALL_ANSWERED_ELSEWHERE')
    const { call, access } = await bob.on(tablet).joinCall({ callId, groupId, move: true })
    expect(call?.participants.map(({ deviceId }) => deviceId)).toEqual([ann.deviceId, tablet])
    expect(access?.token).toBeTruthy()
    expect(await reasonOf(bob.calls.renewCall({ callId, groupId }))).toBe('CALL_ANSWERED_ELSEWHERE')
    const { devices } = await system.client(CallService).listCallDevices({ callId: call!.id, groupId })
    expect(devices.map(({ deviceId }) => deviceId)).toEqual([ann.deviceId, tablet])
  })
})

test('whoever repeats the id of a call, or of the command that started one, takes no call over: theirs has an id of its own', async () => {
  const { ann, bob, groupId } = await pair()
  const asked = newId()
  const start = async (who: Caller, callId: string) => (await who.calls.startCall({ callId, groupId })).call!
  const { id: first } = await start(ann, asked)
  await ann.calls.leaveCall({ callId: first, groupId })
  // A request of Ann's that comes late rings nobody.
  expect(await start(ann, asked)).toMatchObject({ id: first, state: CallState.ENDED })
  const ids = [first]
  for (const repeated of [asked, first]) {
    const { id, state, callerId } = await start(bob, repeated)
    expect([state, callerId]).toEqual([CallState.RINGING, bob.userId])
    await bob.calls.leaveCall({ callId: id, groupId })
    ids.push(id)
  }
  expect(new Set([asked, ...ids]).size).toBe(4)
  const list = () => system.client(HistoryService, { userId: ann.userId }).listCalls({ groupId })
  await expect.poll(async () => (await list()).calls.map(({ callId }) => callId)).toEqual(ids.toReversed())
  expect((await list()).calls.map(({ callerId }) => callerId)).toEqual([bob.userId, bob.userId, ann.userId])
})

describe('a call of a group', () => {
  test('rings everybody who may be rung; ten come, the eleventh finds it full', async () => {
    const [ann, ...others] = await people(11)
    const groupId = await groupOf(ann!, others)
    const callId = newId()
    const { call } = await ann!.calls.startCall({ callId, groupId, ring: true })
    expect(others.every((other) => ringsAt(call!, other))).toBe(true)
    const results = await Promise.all(others.map(({ calls }) => reasonOf(calls.joinCall({ callId, groupId }))))
    expect(results.filter((result) => result === 'accepted')).toHaveLength(9)
    expect(results.filter((result) => result === 'CALL_FULL')).toHaveLength(1)
    const [now] = (await ann!.calls.listMyCalls({})).calls
    expect(now?.participants).toHaveLength(10)
  })

  test('a muted member rings nobody', async () => {
    const [ann, bob] = await people(2)
    const groupId = await groupOf(ann!, [bob!])
    await ann!.membership.muteMember({ commandId: newId(), groupId, userId: bob!.userId, forS: 600 })
    expect(await reasonOf(bob!.calls.startCall({ callId: newId(), groupId, ring: true }))).toBe('MUTED')
    await ann!.membership.muteMember({ commandId: newId(), groupId, userId: bob!.userId, forS: 0 })
    expect(await reasonOf(bob!.calls.startCall({ callId: newId(), groupId, ring: true }))).toBe('accepted')
  })

  test('in a channel admins start it, it rings nobody, and members join', async () => {
    const [ann, bob] = [await person(), await person()]
    const groupId = await groupOf(ann, [bob], GroupKind.CHANNEL)
    expect(await reasonOf(bob.calls.startCall({ callId: newId(), groupId }))).toBe('NOT_PERMITTED')
    const { call } = await ann.calls.startCall({ callId: newId(), groupId, ring: true })
    expect(call?.invitees).toEqual([])
    const joined = await bob.calls.joinCall({ callId: call!.id, groupId })
    expect(userIds(joined.call)).toEqual([ann.userId, bob.userId])
  })

  test('an admin mutes and removes; others do not', async () => {
    const [ann, bob, cat] = [await person(), await person(), await person()]
    const groupId = await groupOf(ann, [bob, cat])
    const { call } = await ann.calls.startCall({ callId: newId(), groupId })
    const callId = call!.id
    for (const { calls } of [bob, cat]) await calls.joinCall({ callId, groupId })
    const asked = system.edge.subscribe(userSubject(bob.userId))[Symbol.asyncIterator]()
    await system.edge.flush()
    expect(await reasonOf(bob.calls.muteParticipants({ callId, groupId, userId: cat.userId }))).toBe('NOT_PERMITTED')
    expect(await reasonOf(bob.calls.removeParticipant({ callId, groupId, userId: ann.userId }))).toBe('NOT_PERMITTED')
    const stranger = await person()
    expect(await reasonOf(ann.calls.muteParticipants({ callId, groupId, userId: stranger.userId }))).toBe('NOT_IN_CALL')
    await ann.calls.muteParticipants({ callId, groupId })
    const { event } = fromBinary(UserEventSchema, (await asked.next()).value.data)
    expect(event).toMatchObject({ case: 'muteRequested', value: { groupId, callId, byUserId: ann.userId } })
    await ann.calls.removeParticipant({ callId, groupId, userId: bob.userId })
    expect(await reasonOf(bob.calls.renewCall({ callId, groupId }))).toBe('NOT_IN_CALL')
    expect(userIds((await cat.calls.listMyCalls({})).calls[0])).toEqual([ann.userId, cat.userId])
  })

  test('a person who leaves or is removed from the group is out of the call at once', async () => {
    const [ann, bob, cat] = [await person(), await person(), await person()]
    const groupId = await groupOf(ann, [bob, cat])
    const callId = newId()
    await ann.calls.startCall({ callId, groupId })
    for (const { calls } of [bob, cat]) await calls.joinCall({ callId, groupId })
    const seen = await pictures(groupId)
    await ann.membership.removeMember({ commandId: newId(), groupId, userId: bob.userId })
    expect(userIds(await seen.next())).toEqual([ann.userId, cat.userId])
    await cat.membership.leaveGroup({ commandId: newId(), groupId })
    expect(userIds(await seen.next())).toEqual([ann.userId])
    await ann.groups.deleteGroup({ commandId: newId(), groupId })
    expect(await seen.next()).toMatchObject({ state: CallState.ENDED })
  })
})

/** Makes a session's leases end now, as if nobody had renewed for 20 s. */
async function lapse(groupId: string, of: (userId: string) => boolean): Promise<void> {
  const redis = system.redis.connect()
  await redisCallDocuments(redis, { now: Date.now }).update(groupId, (document) => {
    const { session, pending } = document!
    const leased = (one: Participant) => (of(one.userId) ? { ...one, leaseUntil: Date.now() } : one)
    const participants = session.participants.map(leased)
    return { document: { session: { ...session, participants }, pending }, result: undefined }
  })
  await redis.zadd('call-deadlines', Date.now(), groupId)
  redis.disconnect()
}

test('a person is shown the calls of their groups that ring or go on, and those only', async () => {
  const [ann, bob, cat] = [await person(), await person(), await person()]
  const ids = (calls: readonly Call[]) => new Set(calls.map(({ id }) => id))
  const myCalls = async (who: Caller) => ids((await who.calls.listMyCalls({})).calls)
  const groupIds = await Promise.all(['rings', 'goes on', 'is over'].map(() => groupOf(ann, [bob])))
  const [rings, goesOn, isOver] = groupIds.map((groupId) => ({ groupId, callId: newId() }))
  for (const place of [isOver!, goesOn!, rings!]) {
    const { call } = await ann.calls.startCall({ ...place, ring: true })
    place.callId = call!.id
    if (place !== rings) await bob.calls.joinCall(place)
    if (place !== rings) await ann.calls.leaveCall(place)
    if (place === isOver) await bob.calls.leaveCall(place)
  }
  const { call: elsewhere } = await cat.calls.startCall({ groupId: await groupOf(cat, [ann]), callId: newId() })
  expect(await myCalls(bob)).toEqual(new Set([rings!.callId, goesOn!.callId]))
  expect(await myCalls(ann)).toEqual(new Set([rings!.callId, goesOn!.callId, elsewhere!.id]))
  expect(await myCalls(cat)).toEqual(new Set([elsewhere!.id]))
  const { calls } = await bob.calls.listMyCalls({})
  const picture = calls.find(({ id }) => id === goesOn!.callId)
  expect(picture).toMatchObject({ state: CallState.ACTIVE, callerId: ann.userId, limit: 10 })
  expect(userIds(picture)).toEqual([bob.userId])
  await ann.membership.removeMember({ commandId: newId(), groupId: rings!.groupId, userId: bob.userId })
  await expect.poll(() => myCalls(bob)).toEqual(new Set([goesOn!.callId]))
  await expect(system.client(CallService).listMyCalls({})).rejects.toThrow()
})

test('the history lists the calls of a group, how each ended and who missed it: page by page, for members only', async () => {
  const [ann, bob, cat] = [await person(), await person(), await person()]
  const groupId = await groupOf(ann, [bob])
  const [talked, missed, goesOn] = [newId(), newId(), newId()].map((callId) => ({ groupId, callId }))
  const started = async (who: Caller, request: { callId: string; groupId: string }, more = {}) =>
    (await who.calls.startCall({ ...request, ...more })).call!.id
  const talkedId = await started(ann, talked!, { video: true, ring: true })
  await bob.calls.joinCall(talked!)
  await ann.calls.leaveCall(talked!)
  await bob.calls.leaveCall(talked!)
  const missedId = await started(ann, missed!, { ring: true })
  await ann.calls.leaveCall(missed!)
  const goesOnId = await started(bob, goesOn!)
  const list = (who: Caller, page: { limit?: number; beforeSeq?: bigint } = {}) =>
    system.client(HistoryService, { userId: who.userId }).listCalls({ groupId, ...page })
  await expect.poll(async () => (await list(bob)).calls.length).toBe(3)
  const byId = new Map((await list(bob)).calls.map((call) => [call.callId, call]))
  expect(byId.get(talkedId)).toMatchObject({
    callerId: ann.userId,
    video: true,
    reason: CallEndReason.HANG_UP,
    missedUserIds: [],
  })
  expect(byId.get(talkedId)?.durationS).toBeGreaterThan(0)
  const gaveUp = { reason: CallEndReason.CANCELLED, durationS: 0, missedUserIds: [bob.userId], video: false }
  expect(byId.get(missedId)).toMatchObject(gaveUp)
  expect(byId.get(goesOnId)).toMatchObject({ callerId: bob.userId, durationS: 0 })
  expect(byId.get(goesOnId)?.endedAt).toBeUndefined()

  const newest = await list(ann, { limit: 2 })
  expect([newest.hasMore, newest.calls.map(({ callId }) => callId)]).toEqual([true, [goesOnId, missedId]])
  const rest = await list(ann, { limit: 2, beforeSeq: newest.calls[1]!.seq })
  expect([rest.hasMore, rest.calls.map(({ callId }) => callId)]).toEqual([false, [talkedId]])
  expect(await reasonOf(list(cat))).toBe('NOT_A_MEMBER')
})

test('a device that does not renew is away when its lease ends, and returns by renewing', async () => {
  const { ann, bob, groupId } = await pair()
  const callId = newId()
  await ann.calls.startCall({ callId, groupId })
  await bob.calls.joinCall({ callId, groupId })
  const seen = await pictures(groupId)
  await lapse(groupId, (userId) => userId === bob.userId)
  const gone = await seen.next()
  expect(userIds(gone)).toEqual([ann.userId])
  expect(gone.away).toMatchObject([{ userId: bob.userId, deviceId: bob.deviceId }])
  const { call, access } = await bob.calls.renewCall({ callId, groupId })
  expect(userIds(call)).toEqual([ann.userId, bob.userId])
  expect(access).toBeDefined()
  expect((await bob.calls.renewCall({ callId, groupId })).access).toBeUndefined()
  expect((await bob.calls.renewCall({ callId, groupId, wantAccess: true })).access).toBeDefined()
})

test('a session is gone from Redis after twelve hours at the latest, and nothing of it stays', async () => {
  const { ann, bob, groupId } = await pair()
  const callId = newId()
  await ann.calls.startCall({ callId, groupId })
  await bob.calls.joinCall({ callId, groupId })
  const redis = system.redis.connect()
  expect(await redisPersonalCalls(redis).find([ann.userId, bob.userId])).toEqual([groupId, groupId])
  const ttl = await redis.pttl(`call:${groupId}`)
  expect(ttl).toBeGreaterThan(12 * 3_600_000 - 10_000)
  expect(ttl).toBeLessThanOrEqual(12 * 3_600_000)
  for (const key of await redis.keys('*'))
    if (key !== 'call-deadlines') expect(await redis.pttl(key)).toBeGreaterThan(0)
  const seen = await pictures(groupId)
  await ann.calls.leaveCall({ callId, groupId })
  expect((await seen.next()).state).toBe(CallState.ENDED)
  await expect.poll(() => redis.zscore('call-deadlines', groupId)).toBeNull()
  const personal = redisPersonalCalls(redis)
  await expect.poll(() => personal.find([ann.userId, bob.userId])).toEqual([undefined, undefined])
  expect(await redis.pttl(`call:${groupId}`)).toBeLessThanOrEqual(10 * 60_000)
  redis.disconnect()
})

test('Redis is restarted empty in mid-call: who renews makes the session again, and the history is whole', async () => {
  const [ann, bob, cat] = [await person(), await person(), await person()]
  const groupId = await groupOf(ann, [bob, cat])
  const { call: first } = await ann.calls.startCall({ callId: newId(), groupId })
  const callId = first!.id
  await bob.calls.joinCall({ callId, groupId })
  const { call: before } = await cat.calls.joinCall({ callId, groupId })
  await cat.calls.leaveCall({ callId, groupId })
  await system.redis.process.kill()
  await system.redis.process.start()
  const renew = (who: Caller) => () =>
    reasonOf(who.calls.renewCall({ callId, groupId, knownRevision: before!.revision + 1 }))
  await Promise.all([ann, bob].map((who) => expect.poll(renew(who)).toBe('accepted')))
  const [call] = (await bob.calls.listMyCalls({})).calls
  expect(call).toMatchObject({ id: callId, state: CallState.ACTIVE, callerId: ann.userId, away: [] })
  expect(new Set(userIds(call))).toEqual(new Set([ann.userId, bob.userId]))
  expect(call!.revision).toBeGreaterThan(before!.revision + 1)
  expect(await renew(cat)()).toBe('NOT_IN_CALL')
  await ann.calls.leaveCall({ callId, groupId })
  await bob.calls.leaveCall({ callId, groupId })
  await expect
    .poll(() => history(groupId))
    .toEqual([
      'callStarted',
      ...'callJoined '.repeat(3).trim().split(' '),
      'callLeft',
      'callLeft',
      'callLeft',
      'callEnded',
    ])
})

test('a call that Redis has lost, and that nobody is in, ends in the history before the next one starts', async () => {
  const { ann, bob, groupId } = await pair()
  await ann.calls.startCall({ callId: newId(), groupId })
  const redis = system.redis.connect()
  await redis.flushall()
  const { call } = await bob.calls.startCall({ callId: newId(), groupId })
  expect(call).toMatchObject({ state: CallState.RINGING, callerId: bob.userId })
  const told = ['callStarted', 'callJoined', 'callMissed', 'callEnded', 'callStarted', 'callJoined']
  await expect.poll(() => history(groupId)).toEqual(told)
  redis.disconnect()
})
