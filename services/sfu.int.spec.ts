import { newId } from '@beseda/kernel'
import { mediaKeysSubject } from '@beseda/proto'
import { type Call, type CallAccess, MediaKeyCommitSchema } from '@beseda/proto/call/v1/call_service'
import { MediaKeyService } from '@beseda/proto/call/v1/media_key_service'
import { findLivekit, reasonOf, startSfu, type TestSfu, TestSystem } from '@beseda/testkit'
import { fromBinary } from '@bufbuild/protobuf'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { callService } from './call/src/call.module.js'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { type Caller, callersOf } from './testing/callers.js'
import { callOfMany, enter, judged, NODE_WAITS_MS } from './testing/sfu-rooms.js'

/** Large calls on a real Redis and NATS, two replicas of the call service, and two nodes of LiveKit; more than three people are many here. */
const livekit = await findLivekit()
const missing = livekit === undefined ? 'there is no livekit-server: npm run sfu' : undefined
let sfu: TestSfu | undefined
let system: TestSystem
beforeAll(async () => {
  if (livekit === undefined) return
  sfu = await startSfu(livekit, 2)
  system = await TestSystem.start(identityService, groupService, membershipService)
  const env = { ...sfu.env, CALLS_MESH_LIMIT: '3', SFU_LIMIT: '5' }
  for (let replica = 0; replica < 2; replica++) await system.run(callService, { env })
})
afterAll(async () => {
  await system?.stop()
  await sfu?.stop()
})
beforeEach((context) => {
  context.skip(missing !== undefined, missing)
})

const callers = callersOf(() => system)
const { people, pictures } = callers
const callOf = callOfMany(callers)

const nodeOf = ({ sfu: place }: CallAccess) => sfu!.nodes.find(({ url }) => url === place?.url)!

describe('a call of more people than can send to each other', () => {
  test('gets a room on a node, and everybody a token for it, also those who were there before', async () => {
    const { owner, callId, groupId, last } = await callOf(4)
    const { generation = 0 } = last.call?.sfu ?? {}
    expect(generation).toBeGreaterThan(0)
    expect(last.call?.limit).toBe(5)
    expect(last.access?.sfu).toMatchObject({ generation })
    expect(await judged(last.access!)).toBe(200)
    const { access } = await owner.calls.renewCall({ callId, groupId, wantAccess: true })
    expect(access?.sfu).toMatchObject({ generation, url: last.access!.sfu!.url })
    expect(await judged(access!)).toBe(200)
  })

  test('is full when it has as many as the SFU may hold', async () => {
    const { groupId, callId, owner } = await callOf(5)
    const [late] = await people(1)
    await owner.membership.addMembers({ commandId: newId(), groupId, userIds: [late!.userId] })
    expect(await reasonOf(late!.calls.joinCall({ callId, groupId }))).toBe('CALL_FULL')
  })

  test('the token says who it is, for ten minutes, and what may be sent', async () => {
    const { others, last } = await callOf(4)
    const claims = JSON.parse(Buffer.from(last.access!.sfu!.token.split('.')[1] ?? '', 'base64url').toString())
    expect(claims.sub).toBe(others.at(-1)!.deviceId)
    expect(claims.exp - Date.now() / 1_000).toBeLessThanOrEqual(600)
    expect(claims.video).toMatchObject({ roomJoin: true, canPublishSources: expect.arrayContaining(['microphone']) })
    expect(Object.keys(claims.video).filter((grant) => /admin|create|list|record|hidden/i.test(grant))).toEqual([])
  })

  test('a room that is over takes nobody, whatever token they have', async () => {
    const { everybody, groupId, callId, last } = await callOf(4)
    expect(await judged(last.access!)).toBe(200)
    for (const { calls } of everybody) await calls.leaveCall({ callId, groupId })
    await expect.poll(() => judged(last.access!)).toBe(404)
  })

  test('who is removed from the call is out of the room, and is put out again when they come back with the old token', async () => {
    const { owner, others, groupId, callId, last } = await callOf(4)
    const { closed } = await enter(last.access!)
    const began = performance.now()
    await owner.calls.removeParticipant({ groupId, callId, userId: others.at(-1)!.userId })
    expect(await closed).toBeLessThan(NODE_WAITS_MS)
    process.stdout.write(`out of the room ${Math.round(performance.now() - began)} ms after the removal\n`)
    const again = await enter(last.access!)
    expect(await again.closed).toBeLessThan(NODE_WAITS_MS)
  })
})

describe('a node', () => {
  /** Who hears nothing says so, as their clients do; resolves with the picture of the new room. */
  async function moved({ others, callId, groupId, last }: Awaited<ReturnType<typeof callOf>>): Promise<Call> {
    const { generation = 0 } = last.call?.sfu ?? {}
    const seen = await pictures(groupId)
    const began = performance.now()
    const sign = () => others[0]!.calls.renewCall({ callId, groupId, sfuTrouble: generation })
    const [call] = await Promise.all([
      seen.until(({ sfu: place }) => (place?.generation ?? 0) > generation),
      expect.poll(sign).toMatchObject({ call: { sfu: expect.toSatisfy((place) => place.generation > generation) } }),
    ])
    process.stdout.write(`another room ${Math.round(performance.now() - began)} ms after somebody heard nothing\n`)
    return call
  }

  test.each(['SIGKILL', 'SIGSTOP'] as const)('ended by %s: the call moves to the other one', async (signal) => {
    const call = await callOf(4)
    const node = nodeOf(call.last.access!)
    await node.process.kill(signal)
    await moved(call)
    const { access } = await call.owner.calls.renewCall({ ...call, wantAccess: true })
    expect(nodeOf(access!)).not.toBe(node)
    expect(await judged(access!)).toBe(200)
    if (signal === 'SIGKILL') await node.process.start()
    else await node.process.kill('SIGCONT')
  })

  test('that dies in silence is found, without anybody who says so', async () => {
    const call = await callOf(4)
    const { generation = 0 } = call.last.call?.sfu ?? {}
    const seen = await pictures(call.groupId)
    const node = nodeOf(call.last.access!)
    await node.process.kill()
    await seen.until(({ sfu: place }) => (place?.generation ?? 0) > generation)
    await node.process.start()
  })

  test('that is well is not left because one device hears nothing; two of four move the call', async () => {
    const { others, callId, groupId, last } = await callOf(4)
    const { generation = 0 } = last.call?.sfu ?? {}
    const complain = async (caller: Caller) =>
      (await caller.calls.renewCall({ callId, groupId, sfuTrouble: generation })).call?.sfu?.generation
    expect(await complain(others[0]!)).toBe(generation)
    expect(await complain(others[0]!)).toBe(generation)
    expect(await complain(others[1]!)).toBeGreaterThan(generation)
  })

  test('that has lost the room, as by a restart, gives it away', async () => {
    const { groupId, last } = await callOf(4)
    const { generation = 0 } = last.call?.sfu ?? {}
    const seen = await pictures(groupId)
    await nodeOf(last.access!).process.restart()
    await seen.until(({ sfu: place }) => (place?.generation ?? 0) > generation)
  })
})

test('Redis is restarted empty: the call goes on in a room of a higher generation, and its keys begin anew', async () => {
  const { everybody, groupId, callId, last } = await callOf(4)
  const { generation = 0 } = last.call?.sfu ?? {}
  await system.redis.process.restart()
  const renew = ({ calls }: Caller) =>
    expect
      .poll(() => reasonOf(calls.renewCall({ callId, groupId, knownRevision: last.call!.revision })))
      .toBe('accepted')
  await Promise.all(everybody.map(renew))
  const [call] = (await everybody[0]!.calls.listMyCalls({})).calls
  expect(call?.sfu?.generation).toBeGreaterThan(generation)
  expect(call?.participants).toHaveLength(4)
  const keys = keysOf(everybody[0]!)
  const state = await keys.listMediaKeyCommits({ groupId, callId, generation: call!.sfu!.generation })
  expect(state.epoch).toBe(0)
})

const keysOf = ({ userId, deviceId }: Caller) => system.client(MediaKeyService, { userId, deviceId })
const bytes = (words: string) => new TextEncoder().encode(words)
const text = (of: Uint8Array = new Uint8Array()) => new TextDecoder().decode(of)

describe('keys of a call', () => {
  test('move by one commit of each epoch, whoever asks at once; all devices are told', async () => {
    const { everybody, groupId, callId, last } = await callOf(4)
    const group = { groupId, callId, generation: last.call!.sfu!.generation }
    const { userId, deviceId } = everybody[2]!
    const told = system.edge.subscribe(mediaKeysSubject(userId, deviceId), { max: 3 })
    await system.edge.flush()
    const founding = everybody.map((caller, i) =>
      keysOf(caller).commitMediaKeys({ ...group, epoch: 0, groupInfo: bytes(`info ${i}`) }),
    )
    const founded = await Promise.all(founding)
    const first = founded.findIndex(({ accepted }) => accepted)
    expect(founded.filter(({ accepted }) => accepted)).toHaveLength(1)
    const { missed } = founded.at(first - 1)!
    expect([missed?.epoch, text(missed?.groupInfo)]).toEqual([1, `info ${first}`])
    // As after an answer that got lost; and somebody else's wish is no repeat.
    const again = (i: number) =>
      keysOf(everybody[i]!).commitMediaKeys({ ...group, epoch: 0, groupInfo: bytes(`info ${i}`) })
    expect((await again(first)).accepted).toBe(true)
    expect((await again((first + 1) % 4)).accepted).toBe(false)
    const step = { ...group, epoch: 1, commit: bytes('commit'), groupInfo: bytes('next') }
    expect((await keysOf(everybody[1]!).commitMediaKeys(step)).accepted).toBe(true)
    const late = await keysOf(everybody[3]!).commitMediaKeys({ ...step, commit: bytes('other') })
    expect(late).toMatchObject({ accepted: false, missed: { epoch: 2, commits: [{ epoch: 2 }] } })
    expect(text(late.missed?.commits[0]?.commit)).toBe('commit')
    const notices = []
    for await (const { data } of told) notices.push(fromBinary(MediaKeyCommitSchema, data))
    // A repeat is told again: the first notice may have been lost, too.
    expect(notices).toMatchObject([{ epoch: 1 }, { epoch: 1 }, { epoch: 2, ...group }])
    expect(notices.map(({ commit }) => text(commit))).toEqual(['', '', 'commit'])
  })

  test('twenty who enter at once, each again and again until it is in, are all in', async () => {
    const { everybody, groupId, callId, last } = await callOf(5)
    const group = { groupId, callId, generation: last.call!.sfu!.generation }
    await keysOf(everybody[0]!).commitMediaKeys({ ...group, epoch: 0, groupInfo: bytes('info') })
    const began = performance.now()
    const enterOne = async (caller: Caller, name: string) => {
      for (let epoch = 1; ; ) {
        const wish = { ...group, epoch, commit: bytes(name), groupInfo: bytes(name) }
        const { accepted, missed } = await keysOf(caller).commitMediaKeys(wish)
        if (accepted) return epoch + 1
        epoch = missed!.epoch
      }
    }
    const made = await Promise.all(Array.from({ length: 20 }, (_, i) => enterOne(everybody[i % 5]!, `device ${i}`)))
    process.stdout.write(`twenty are in after ${Math.round(performance.now() - began)} ms\n`)
    expect(new Set(made)).toEqual(new Set(Array.from({ length: 20 }, (_, i) => i + 2)))
    const { commits } = await keysOf(everybody[0]!).listMediaKeyCommits({ ...group, epoch: 1 })
    expect(commits.map(({ epoch }) => epoch)).toEqual(Array.from({ length: 20 }, (_, i) => i + 2))
  })

  test('are kept within bounds: whoever has missed too much gets the group info alone', async () => {
    const { owner, groupId, callId, last } = await callOf(4)
    const group = { groupId, callId, generation: last.call!.sfu!.generation }
    const keys = keysOf(owner)
    await keys.commitMediaKeys({ ...group, epoch: 0, groupInfo: bytes('info') })
    for (let epoch = 1; epoch <= 10; epoch++) {
      await keys.commitMediaKeys({
        ...group,
        epoch,
        commit: new Uint8Array(30_000).fill(epoch),
        groupInfo: bytes(`${epoch}`),
      })
    }
    const far = await keys.listMediaKeyCommits({ ...group, epoch: 1 })
    expect([far.epoch, far.commits.length, text(far.groupInfo)]).toEqual([11, 0, '10'])
    const near = await keys.listMediaKeyCommits({ ...group, epoch: 9 })
    expect([near.commits.map(({ epoch }) => epoch), near.groupInfo.length]).toEqual([[10, 11], 0])
    const there = await keys.listMediaKeyCommits({ ...group, epoch: 11 })
    expect([there.epoch, there.commits.length, there.groupInfo.length]).toEqual([11, 0, 0])
    // Of an earlier life of Redis.
    expect(text((await keys.listMediaKeyCommits({ ...group, epoch: 12 })).groupInfo)).toBe('10')
    const redis = system.redis.connect()
    const kept = (await redis.hgetallBuffer(`call-keys:${groupId}`)) as Record<string, Buffer>
    const size = Object.values(kept).reduce((sum, { length }) => sum + length, 0)
    expect(size).toBeLessThan(256 * 1024)
    expect(await redis.pttl(`call-keys:${groupId}`)).toBeGreaterThan(0)
    redis.disconnect()
  })

  test('are for devices in the call, and for its present room', async () => {
    const { others, groupId, callId, last } = await callOf(4)
    const group = { groupId, callId, generation: last.call!.sfu!.generation }
    const [eve] = await people(1)
    expect(await reasonOf(keysOf(eve!).listMediaKeyCommits(group))).toBe('NOT_A_MEMBER')
    const [ann] = others
    const elsewhere = system.client(MediaKeyService, { userId: ann!.userId, deviceId: newId() })
    expect(await reasonOf(elsewhere.listMediaKeyCommits(group))).toBe('NOT_IN_CALL')
    const old = { ...group, generation: group.generation - 1 || 99 }
    expect(await reasonOf(keysOf(ann!).listMediaKeyCommits(old))).toBe('NOT_IN_CALL')
    expect(await reasonOf(keysOf(ann!).commitMediaKeys({ ...old, groupInfo: bytes('x') }))).toBe('NOT_IN_CALL')
    await ann!.calls.leaveCall({ callId, groupId })
    expect(await reasonOf(keysOf(ann!).listMediaKeyCommits(group))).toBe('NOT_IN_CALL')
  })
})

test('without an SFU a call is full as before', async () => {
  const alone = await TestSystem.start(identityService, groupService, membershipService)
  try {
    await alone.run(callService, { env: { CALLS_MESH_LIMIT: '3' } })
    const { people: register, groupOf: founded } = callersOf(() => alone)
    const [owner, ...others] = (await register(4)) as [Caller, ...Caller[]]
    const groupId = await founded(owner, others)
    const { call, access } = await owner.calls.startCall({ callId: newId(), groupId })
    expect([call?.limit, call?.sfu, access?.sfu]).toEqual([3, undefined, undefined])
    const results = []
    for (const { calls } of others) results.push(await reasonOf(calls.joinCall({ callId: call!.id, groupId })))
    expect(results).toEqual(['accepted', 'accepted', 'CALL_FULL'])
  } finally {
    await alone.stop()
  }
})
