import { newId } from '@beseda/kernel'
import type { Call } from '@beseda/proto/call/v1/call_service'
import { MediaKeyService } from '@beseda/proto/call/v1/media_key_service'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { apiClient, type Device, findLivekit, Installation, Person, reasonOf } from '@beseda/testkit'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'

/** Large calls through two real gateways and two real nodes of LiveKit; more than three people are many here. */
const missing = (await findLivekit()) === undefined ? 'there is no livekit-server: npm run sfu' : undefined
let beseda: Installation
beforeAll(async () => {
  if (missing === undefined) beseda = await Installation.start({ CALLS_MESH_LIMIT: '3' }, { sfuNodes: 2 })
})
afterAll(() => beseda?.stop())
beforeEach((context) => context.skip(missing !== undefined, missing))

async function person(i: number) {
  const account = await Person.register(beseda.url)
  const socket = await account.connect(i % 2 === 0 ? beseda.url : beseda.url2)
  const keys = apiClient(MediaKeyService, beseda.url, account.tokens.accessToken)
  return { ...account, calls: account.calls, groups: account.groups, socket, keys }
}

/** So many in a call, each at a gateway of the two, and a member of the group who is not in it. */
async function callOf(count: number) {
  const everybody = await Promise.all(Array.from({ length: count + 1 }, (_, i) => person(i)))
  const [owner, ...others] = everybody as [(typeof everybody)[number], ...typeof everybody]
  const memberIds = others.map(({ userId }) => userId)
  const founding = { commandId: newId(), kind: GroupKind.GROUP, name: 'Choir', memberIds }
  const groupId = (await owner.groups.createGroup(founding)).group!.id
  await Promise.all(everybody.map(({ socket }) => socket.next('groupJoined', ({ head }) => head?.groupId === groupId)))
  const callId = (await owner.calls.startCall({ callId: newId(), groupId, ring: false })).call!.id
  const outside = others.pop()!
  for (const { calls } of others) await calls.joinCall({ callId, groupId })
  return { owner, others, outside, groupId, callId }
}

/** Four, and so through a room. */
async function callOfFour() {
  const call = await callOf(4)
  const { generation } = await inRoom(call.outside.socket, 0)
  return { ...call, group: { groupId: call.groupId, callId: call.callId, generation } }
}

/** Resolves with the place of the call's media, when that is a room above a generation. */
async function inRoom(socket: Device, above: number): Promise<NonNullable<Call['sfu']>> {
  const { value } = await socket.next('callChanged', ({ call }) => (call?.sfu?.generation ?? 0) > above)
  return value.call!.sfu!
}

const bytes = (length: number) => new Uint8Array(length).fill(7)

test('each device in the call is told of every step of the keys, nobody else is; a long one has to be fetched', async () => {
  const { owner, others, outside, groupId, callId, group } = await callOfFour()
  const seen: (string | undefined)[] = []
  outside.socket.onFrame = (frame) => seen.push(frame.case)
  await owner.keys.commitMediaKeys({ ...group, epoch: 0, groupInfo: bytes(10) })
  await others[0]!.keys.commitMediaKeys({ ...group, epoch: 1, commit: bytes(3_000), groupInfo: bytes(10) })
  await others[1]!.keys.commitMediaKeys({ ...group, epoch: 2, commit: bytes(20_000), groupInfo: bytes(10) })
  for (const { socket } of [owner, ...others]) {
    for (const [epoch, length] of [
      [1, 0],
      [2, 3_000],
      [3, 0],
    ]) {
      const { value } = await socket.next('mediaKeyCommit', (step) => step.epoch === epoch)
      expect(value).toMatchObject({ ...group, commit: { length } })
    }
  }
  const { commits } = await owner.keys.listMediaKeyCommits({ ...group, epoch: 2 })
  expect(commits.map(({ commit }) => commit.length)).toEqual([20_000])
  await others[2]!.calls.leaveCall({ callId, groupId })
  await outside.socket.next('callChanged', ({ call }) => call?.participants.length === 3)
  expect(seen).toContain('callChanged')
  expect(seen).not.toContain('mediaKeyCommit')
})

test('the call service is killed: the call keeps its room, and its keys go on', async () => {
  const { owner, groupId, callId, group } = await callOfFour()
  await owner.keys.commitMediaKeys({ ...group, epoch: 0, groupInfo: bytes(10) })
  await beseda.kill('call')
  const { call, access } = await owner.calls.renewCall({ callId, groupId, wantAccess: true })
  expect(call?.sfu).toMatchObject({ generation: group.generation })
  expect(access?.sfu).toMatchObject({ generation: group.generation })
  expect((await owner.keys.listMediaKeyCommits({ ...group, epoch: 0 })).epoch).toBe(1)
})

test('the call service is killed while it opens a room: whoever was to be let in gets in, and all have one room', async () => {
  const { owner, others, outside, groupId, callId } = await callOf(3)
  const entry = () => reasonOf(outside.calls.joinCall({ callId, groupId }))
  const [first] = await Promise.all([entry(), beseda.kill('call')])
  process.stdout.write(`the entry during the death of the call service: ${first}\n`)
  await expect.poll(entry).toBe('accepted')
  const renewals = [owner, ...others, outside].map(({ calls }) =>
    calls.renewCall({ callId, groupId, wantAccess: true }),
  )
  const rooms = (await Promise.all(renewals)).map(({ call, access }) => [
    call?.participants.length,
    access?.sfu?.generation,
    access?.sfu?.url,
  ])
  expect(new Set(rooms.map((room) => room.join(' '))).size).toBe(1)
  expect(rooms[0]?.[0]).toBe(4)
  const { access } = await owner.calls.renewCall({ callId, groupId, wantAccess: true })
  const { url = '', token = '' } = access?.sfu ?? {}
  expect((await fetch(`${url.replace(/^ws/, 'http')}/rtc/validate?access_token=${token}`)).status).toBe(200)
})

test('who floods the keys of a call is held up, and nobody else is', async () => {
  const { owner, others, group } = await callOfFour()
  const flood = await Promise.all(
    Array.from({ length: 200 }, () => reasonOf(others[0]!.keys.listMediaKeyCommits({ ...group, epoch: 0 }))),
  )
  expect(flood.filter((reason) => reason === 'accepted').length).toBeLessThan(150)
  expect(new Set(flood)).toEqual(new Set(['accepted', 'RATE_LIMITED']))
  expect((await owner.keys.commitMediaKeys({ ...group, epoch: 0, groupInfo: bytes(10) })).accepted).toBe(true)
})

test('a node is killed, and started again by who watches over it: the call has another room, before anybody complains', async () => {
  const { owner, outside, groupId, callId, group } = await callOfFour()
  const { access } = await owner.calls.renewCall({ callId, groupId, wantAccess: true })
  const { url = '' } = access?.sfu ?? {}
  await beseda.kill(`sfu-${beseda.sfuUrls().indexOf(url) + 1}`)
  const { generation } = await inRoom(outside.socket, group.generation)
  const { access: next } = await owner.calls.renewCall({ callId, groupId, wantAccess: true })
  expect(next?.sfu).toMatchObject({ generation })
})

test('the page may connect to the nodes', async () => {
  const policy = (await fetch(beseda.url)).headers.get('content-security-policy')
  for (const url of beseda.sfuUrls()) expect(policy).toContain(` ${url} `)
})
