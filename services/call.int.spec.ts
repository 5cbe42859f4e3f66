import { JetStreamEventStore } from '@beseda/event-log'
import { newId, partitionOf } from '@beseda/kernel'
import { TokenVerifier } from '@beseda/platform'
import { historyStream, historySubject, userSubject } from '@beseda/proto'
import { type CallChanged, CallService, CallState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { GroupService } from '@beseda/proto/group/v1/group_service'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { reasonOf, TestSystem } from '@beseda/testkit'
import { fromBinary } from '@bufbuild/protobuf'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { callService } from './call/src/call.service.js'
import { groupService } from './group/src/group.service.js'
import { identityService } from './identity/src/identity.service.js'
import { membershipService } from './membership/src/membership.service.js'

/** Calls between two people, on a real Redis and a real NATS. */
let system: TestSystem
beforeAll(async () => {
  system = await TestSystem.start(identityService, groupService, membershipService, callService)
})
afterAll(() => system.stop())

let people = 0
async function person() {
  const userId = newId()
  const device = { id: newId() }
  const account = {
    commandId: userId,
    username: `call-${++people}`,
    displayName: 'P',
    password: 'correct horse',
    device,
  }
  await system.client(IdentityService).register(account)
  const on = (deviceId: string) => system.client(CallService, { userId, deviceId })
  const deviceId = newId()
  return { userId, deviceId, on, calls: on(deviceId), groups: system.client(GroupService, { userId }) }
}
type Person = Awaited<ReturnType<typeof person>>

async function pair() {
  const [ann, bob] = [await person(), await person()]
  const creation = { commandId: newId(), kind: GroupKind.DIRECT, memberIds: [bob.userId] }
  const { group } = await ann.groups.createGroup(creation)
  return { ann, bob, groupId: group!.id }
}

/** The pictures of calls that a person's devices are sent, one after another. */
async function notices({ userId }: Person): Promise<() => Promise<CallChanged>> {
  const messages = system.edge.subscribe(userSubject(userId))[Symbol.asyncIterator]()
  await system.edge.flush()
  return async () => {
    const { event } = fromBinary(UserEventSchema, (await messages.next()).value.data)
    if (event.case !== 'callChanged') throw new Error(`not about a call: ${event.case}`)
    return event.value
  }
}

test('rings, is answered, is hung up, and is in the history', async () => {
  const { ann, bob, groupId } = await pair()
  const [toAnn, toBob] = [await notices(ann), await notices(bob)]
  const callId = newId()
  const { access } = await ann.calls.startCall({ callId, groupId, video: true })
  const verifier = new TokenVerifier(async () => (await system.client(CallService).getCallKeys({})).jwks)
  expect(await verifier.verify(access!.token, 'call')).toMatchObject({
    sub: ann.userId,
    did: ann.deviceId,
    call: callId,
  })
  expect(await toBob()).toMatchObject({ ringing: true, call: { id: callId, state: CallState.RINGING } })
  expect(await toAnn()).toMatchObject({ ringing: false })
  expect((await bob.calls.listMyCalls({})).calls).toMatchObject([{ id: callId }])
  await bob.calls.acceptCall({ callId, groupId })
  expect(await toBob()).toMatchObject({ ringing: false, answeredByDeviceId: bob.deviceId })
  expect((await toAnn()).call?.participants.map(({ userId }) => userId)).toEqual([ann.userId, bob.userId])
  await ann.calls.leaveCall({ callId, groupId })
  expect((await toBob()).call).toMatchObject({ state: CallState.ENDED, endReason: CallEndReason.HANG_UP })
  expect((await bob.calls.listMyCalls({})).calls).toEqual([])

  const partition = partitionOf(groupId, 2)
  const store = await JetStreamEventStore.open(system.edge)
  const filter = historySubject(partition, groupId, 'calls')
  const commits = await store.read(historyStream(partition), { afterSeq: 0, filter, limit: 50 })
  expect(commits.flatMap(({ commit }) => commit.events.map(({ body }) => body.case))).toEqual([
    'callStarted',
    'callJoined',
    'callJoined',
    'callLeft',
    'callEnded',
  ])
})

test('ten devices accept at once: one gets it', async () => {
  const { ann, bob, groupId } = await pair()
  const callId = newId()
  await ann.calls.startCall({ callId, groupId })
  const devices = Array.from({ length: 10 }, () => bob.on(newId()))
  const results = await Promise.all(devices.map((device) => reasonOf(device.acceptCall({ callId, groupId }))))
  expect(results.filter((result) => result === 'accepted')).toHaveLength(1)
  expect(results.filter((result) => result === 'CALL_ANSWERED_ELSEWHERE')).toHaveLength(9)
})

test('both call each other at once: one call with both in it', async () => {
  const { ann, bob, groupId } = await pair()
  const calls = await Promise.all([ann, bob].map(({ calls }) => calls.startCall({ callId: newId(), groupId })))
  expect(new Set(calls.map(({ call }) => call?.id)).size).toBe(1)
  expect((await ann.calls.listMyCalls({})).calls).toMatchObject([{ state: CallState.ACTIVE }])
})

test('who is in a call is busy for others', async () => {
  const { ann, bob, groupId } = await pair()
  const callId = newId()
  await ann.calls.startCall({ callId, groupId })
  await bob.calls.acceptCall({ callId, groupId })
  const eve = await person()
  const creation = { commandId: newId(), kind: GroupKind.DIRECT, memberIds: [bob.userId] }
  const { group } = await eve.groups.createGroup(creation)
  const busy = await eve.calls.startCall({ callId: newId(), groupId: group!.id })
  expect(busy).toMatchObject({ call: { state: CallState.ENDED, endReason: CallEndReason.BUSY } })
  expect(busy.access).toBeUndefined()
})

test('strangers can neither start nor join', async () => {
  const { ann, groupId } = await pair()
  const eve = await person()
  const callId = newId()
  await ann.calls.startCall({ callId, groupId })
  expect(await reasonOf(eve.calls.acceptCall({ callId, groupId }))).toBe('NOT_A_MEMBER')
  expect(await reasonOf(eve.calls.startCall({ callId: newId(), groupId }))).toBe('NOT_A_MEMBER')
  expect(await reasonOf(eve.calls.renewCall({ callId, groupId }))).toBe('NOT_A_MEMBER')
})

test('a session is gone from Redis after twelve hours at the latest, and ends when its leases do', async () => {
  const { ann, bob, groupId } = await pair()
  const callId = newId()
  await ann.calls.startCall({ callId, groupId })
  const redis = system.redis.connect()
  const ttl = await redis.pttl(`call:${groupId}`)
  expect(ttl).toBeGreaterThan(12 * 3_600_000 - 10_000)
  expect(ttl).toBeLessThanOrEqual(12 * 3_600_000)
  const toBob = await notices(bob)
  const document = JSON.parse((await redis.get(`call:${groupId}`)) ?? '')
  document.session.participants[0].leaseUntil = Date.now()
  await redis.set(`call:${groupId}`, JSON.stringify(document))
  await redis.zadd('call-deadlines', Date.now(), groupId)
  redis.disconnect()
  expect((await toBob()).call).toMatchObject({ state: CallState.ENDED, endReason: CallEndReason.CANCELLED })
})
