import { newId } from '@beseda/kernel'
import { MediaKeyService } from '@beseda/proto/call/v1/media_key_service'
import { findLivekit, reasonOf, startSfu, type TestSfu, TestSystem } from '@beseda/testkit'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { callService } from './call/src/call.module.js'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { type Caller, callersOf } from './testing/callers.js'
import { callOfMany, enter, httpOf, judged, NODE_WAITS_MS } from './testing/sfu-rooms.js'

/** What people with bad intentions, and nodes in a bad state, do to large calls; more than three people are many here. */
const livekit = await findLivekit()
const missing = livekit === undefined ? 'there is no livekit-server: npm run sfu' : undefined
let sfu: TestSfu | undefined
let system: TestSystem
beforeAll(async () => {
  if (livekit === undefined) return
  sfu = await startSfu(livekit, 2)
  system = await TestSystem.start(identityService, groupService, membershipService)
  await system.run(callService, { env: { ...sfu.env, CALLS_MESH_LIMIT: '3', SFU_LIMIT: '5' } })
})
afterAll(async () => {
  await system?.stop()
  await sfu?.stop()
})
beforeEach((context) => {
  context.skip(missing !== undefined, missing)
})

const callers = callersOf(() => system)
const callOf = callOfMany(callers)
const keysOf = ({ userId, deviceId }: Caller) => system.client(MediaKeyService, { userId, deviceId })
const bytes = (words: string) => new TextEncoder().encode(words)

describe('a token of the SFU', () => {
  test.each([
    'CreateRoom',
    'ListRooms',
    'DeleteRoom',
    'UpdateRoomMetadata',
    'ListParticipants',
    'GetParticipant',
    'UpdateParticipant',
    'UpdateSubscriptions',
    'MutePublishedTrack',
    'RemoveParticipant',
    'SendData',
  ])('does not allow %s, not even in its own room', async (method) => {
    const { others, callId, last } = await callOf(4)
    const { url, token, generation } = last.access!.sfu!
    const room = `${callId}.${generation}`
    const request = { name: room, room, names: [room], identity: others[0]!.deviceId, track_sid: 'TR_1', data: '' }
    const answer = await fetch(`${httpOf(url)}/twirp/livekit.RoomService/${method}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: JSON.stringify(request),
    })
    expect([answer.status, await answer.json()]).toMatchObject([401, { code: 'unauthenticated' }])
    expect(await judged(last.access!)).toBe(200)
  })

  test('is for members: nobody else gets one, also when they have a large call of their own', async () => {
    const [theirs, ours] = [await callOf(4), await callOf(4)]
    const { calls } = ours.owner
    const [into, out] = [
      { groupId: theirs.groupId, callId: theirs.callId },
      { groupId: ours.groupId, callId: theirs.callId },
    ]
    expect([await reasonOf(calls.joinCall(into)), await reasonOf(calls.joinCall(out))]).toEqual([
      'NOT_A_MEMBER',
      'CALL_NOT_FOUND',
    ])
    const renew = (call: typeof into) => reasonOf(calls.renewCall({ ...call, wantAccess: true, sfuTrouble: 1 }))
    expect([await renew(into), await renew(out)]).toEqual(['NOT_A_MEMBER', 'CALL_NOT_FOUND'])
  })

  test('of a member who is not in the call is not made', async () => {
    const { owner, groupId, callId } = await callOf(4)
    const [late] = await callers.people(1)
    await owner.membership.addMembers({ commandId: newId(), groupId, userIds: [late!.userId] })
    expect(await reasonOf(late!.calls.renewCall({ groupId, callId, wantAccess: true }))).toBe('NOT_IN_CALL')
  })
})

test('who is removed from the group, or from it by themselves, is out of the room, and gets no other token', async () => {
  const { owner, others, groupId, callId, last } = await callOf(5)
  const [removed, leaving] = [others.at(-1)!, others.at(-2)!]
  const accessOf = async ({ calls }: Caller) => (await calls.renewCall({ callId, groupId, wantAccess: true })).access!
  const [first, second] = [await enter(last.access!), await enter(await accessOf(leaving))]
  const began = performance.now()
  await owner.membership.removeMember({ commandId: newId(), groupId, userId: removed.userId })
  await leaving.membership.leaveGroup({ commandId: newId(), groupId })
  for (const { closed } of [first, second]) expect(await closed).toBeLessThan(NODE_WAITS_MS)
  process.stdout.write(`out of the room ${Math.round(performance.now() - began)} ms after leaving the group\n`)
  expect(await reasonOf(accessOf(removed))).toBe('NOT_A_MEMBER')
  expect(await (await enter(last.access!)).closed).toBeLessThan(NODE_WAITS_MS)
})

test('a node that hangs without a word is found, although nobody complains', async () => {
  const { groupId, last } = await callOf(4)
  const { generation = 0 } = last.call?.sfu ?? {}
  const seen = await callers.pictures(groupId)
  const { process: node } = sfu!.nodes.find(({ url }) => url === last.access!.sfu!.url)!
  const began = performance.now()
  await node.kill('SIGSTOP')
  await seen.until(({ sfu: place }) => (place?.generation ?? 0) > generation)
  process.stdout.write(`another room ${Math.round(performance.now() - began)} ms after the node hung\n`)
  await node.kill('SIGCONT')
})

test('both nodes are dead: who is one too many is refused, nobody is put out, and a node that comes back takes them', async () => {
  const { owner, others, groupId, callId } = await callOf(3)
  const [late] = await callers.people(1)
  await owner.membership.addMembers({ commandId: newId(), groupId, userIds: [late!.userId] })
  for (const { process: node } of sfu!.nodes) await node.kill()
  expect(await reasonOf(late!.calls.joinCall({ callId, groupId }))).toBe('CALL_FULL')
  expect(await reasonOf(others[0]!.calls.renewCall({ callId, groupId }))).toBe('accepted')
  for (const { process: node } of sfu!.nodes) await node.start()
  await expect.poll(() => reasonOf(late!.calls.joinCall({ callId, groupId }))).toBe('accepted')
})

describe('the keys of a call', () => {
  test('stay where they are under epochs that jump, rooms to come, and commits that are sent again', async () => {
    const { everybody, groupId, callId, last } = await callOf(4)
    const group = { groupId, callId, generation: last.call!.sfu!.generation }
    const [ann, bob, eve] = everybody.map(keysOf)
    await ann!.commitMediaKeys({ ...group, epoch: 0, groupInfo: bytes('info') })
    const step = (epoch: number) => ({
      ...group,
      epoch,
      commit: bytes(`commit ${epoch}`),
      groupInfo: bytes(`info ${epoch}`),
    })
    for (const epoch of [1, 2]) expect((await bob!.commitMediaKeys(step(epoch))).accepted).toBe(true)
    for (const epoch of [4, 1_000, 2 ** 32 - 1]) {
      const { accepted, missed } = await eve!.commitMediaKeys(step(epoch))
      expect([epoch, accepted, missed?.epoch]).toEqual([epoch, false, 3])
    }
    const future = { ...step(3), generation: group.generation + 1 }
    expect(await reasonOf(eve!.commitMediaKeys(future))).toBe('NOT_IN_CALL')
    expect((await eve!.commitMediaKeys({ ...step(1), groupInfo: bytes('mine') })).accepted).toBe(false)
    await eve!.commitMediaKeys(step(1))
    const { epoch, commits } = await ann!.listMediaKeyCommits({ ...group, epoch: 1 })
    const { groupInfo } = await ann!.listMediaKeyCommits({ ...group, epoch: 0 })
    expect([epoch, commits.map(({ epoch: of }) => of)]).toEqual([3, [2, 3]])
    expect(new TextDecoder().decode(groupInfo)).toBe('info 2')
  })

  test('of another group are not touched by who is in a call of their own', async () => {
    const [theirs, ours] = [await callOf(4), await callOf(4)]
    const eve = keysOf(ours.owner)
    const group = { groupId: theirs.groupId, callId: theirs.callId, generation: theirs.last.call!.sfu!.generation }
    const commit = { ...group, epoch: 0, groupInfo: bytes('mine') }
    expect(await reasonOf(eve.commitMediaKeys(commit))).toBe('NOT_A_MEMBER')
    expect(await reasonOf(eve.commitMediaKeys({ ...commit, groupId: ours.groupId }))).toBe('CALL_NOT_FOUND')
    expect((await keysOf(theirs.owner).listMediaKeyCommits({ ...group, epoch: 0 })).epoch).toBe(0)
  })
})
