import { describe, expect, test } from 'vitest'
import { callWorld, deviceOf, peopleIn, refusalOf } from '../../../testing/calls.js'
import { MAX_CALL_MS } from '../domain/session.js'

const limits = { mesh: 3, most: 6 }
const PEOPLE = ['ann', 'bob', 'cat', 'dan', 'eve', 'fay', 'gil']

/** A call of so many, on nodes that live. */
async function callOf(count: number, nodes: readonly string[] = ['one', 'two'], pause?: () => Promise<unknown>) {
  const world = callWorld(pause, limits)
  for (const node of nodes) world.sfu.living.add(node)
  const groupId = world.group(PEOPLE)
  const { id: callId } = await world.start(groupId, deviceOf('ann'), 1_000, { ring: false })
  for (const name of PEOPLE.slice(1, count)) await world.join(groupId, callId, deviceOf(name), 2_000)
  const place = () => world.session(groupId)?.sfu
  const rooms = () => [...world.sfu.rooms.keys()]
  return { world, groupId, callId, place, rooms }
}

test('whoever is one too many gets in where a node answers, and nowhere else', async () => {
  const { place, rooms, callId } = await callOf(4)
  expect(rooms()).toEqual([`${callId}.${place()?.generation} at one`])
  const { world, groupId, callId: other } = await callOf(3, [])
  expect(await refusalOf(world.join(groupId, other, deviceOf('dan'), 2_000))).toBe('CALL_FULL')
})

test('two who are one too many at once are both in one room, and no other room is left', async () => {
  let pauses = 0
  const world = callWorld(() => new Promise((resolve) => setImmediate(resolve, ++pauses)), limits)
  world.sfu.living.add('one')
  const groupId = world.group(PEOPLE)
  const { id: callId } = await world.start(groupId, deviceOf('ann'), 1_000, { ring: false })
  for (const name of ['bob', 'cat']) await world.join(groupId, callId, deviceOf(name), 2_000)
  await Promise.all(['dan', 'eve', 'fay'].map((name) => world.join(groupId, callId, deviceOf(name), 2_000)))
  expect(peopleIn(world.session(groupId))).toHaveLength(6)
  expect([...world.sfu.rooms.keys()]).toEqual([`${callId}.${world.session(groupId)?.sfu?.generation} at one`])
  expect(pauses).toBeGreaterThan(0)
})

test('who leaves, or is put out, is out of the room; who is there without being in the call is put out', async () => {
  const { world, groupId, callId, rooms } = await callOf(5)
  const room = world.sfu.rooms.get(rooms()[0]!)!
  for (const name of ['ann', 'bob', 'cat', 'dan', 'stranger']) room.add(deviceOf(name).deviceId)
  await world.commands.leaveCall(groupId, callId, deviceOf('bob'), 3_000)
  await world.upkeep.memberLeft(groupId, 'cat', 3_000)
  expect([...room]).toEqual(['ann', 'dan', 'stranger'].map((name) => deviceOf(name).deviceId))
  await world.sfuUpkeep.sweep(3_000)
  expect([...room]).toEqual(['ann', 'dan'].map((name) => deviceOf(name).deviceId))
})

test('a dead node: its calls are on another one after the next look, and stay there', async () => {
  const { world, groupId, place } = await callOf(4)
  const before = place()!
  world.sfu.living.delete('one')
  await world.sfuUpkeep.sweep(3_000)
  expect(place()).toMatchObject({ node: 'two' })
  expect(place()!.generation).toBeGreaterThan(before.generation)
  expect(world.notices.at(-1)?.sfu).toEqual(place())
  const moved = place()
  await world.sfuUpkeep.sweep(4_000)
  expect(place()).toBe(moved)
  expect([...world.sfuCalls.groups]).toEqual([groupId])
})

test('every node is dead: a call that is too large waits, and goes on where one comes back', async () => {
  const { world, place } = await callOf(4)
  const before = place()
  world.sfu.living.clear()
  await world.sfuUpkeep.sweep(3_000)
  expect(place()).toBe(before)
  world.sfu.living.add('three')
  await world.sfuUpkeep.sweep(4_000)
  expect(place()).toMatchObject({ node: 'three' })
})

test('a room that is gone, on a node that is well, is replaced', async () => {
  const { world, place } = await callOf(4)
  const { generation } = place()!
  world.sfu.rooms.clear()
  await world.sfuUpkeep.sweep(3_000)
  expect(place()!.generation).toBeGreaterThan(generation)
})

test('who hears nothing moves the call when the node does not answer, and not when it does', async () => {
  const { world, groupId, callId, place } = await callOf(4)
  const { generation } = place()!
  const complains = (name: string, of = generation) =>
    world.renew(groupId, callId, deviceOf(name), 3_000, 0, of).then(({ session }) => session.sfu?.generation)
  expect(await complains('ann')).toBe(generation)
  expect(await complains('bob', generation - 1)).toBe(generation)
  world.sfu.living.delete('one')
  expect(await complains('ann')).toBeGreaterThan(generation)
})

test('two who complain again and again move the call no more than once in fifteen seconds', async () => {
  const { world, groupId, callId, place } = await callOf(4)
  const complain = async (now: number) => {
    const before = place()!.generation
    for (const name of ['ann', 'bob']) await world.renew(groupId, callId, deviceOf(name), now, 0, before)
    return place()!.generation > before
  }
  expect([await complain(3_000), await complain(4_000), await complain(17_900)]).toEqual([true, false, false])
  expect(await complain(18_100)).toBe(true)
})

test('the end of a call closes its room, forgets its keys, and it is looked at no more', async () => {
  const { world, groupId, callId, rooms, place } = await callOf(4)
  const group = { groupId, callId, generation: place()!.generation }
  const founding = { epoch: 0, commit: new Uint8Array(), groupInfo: new Uint8Array([1]) }
  const { signal } = new AbortController()
  expect((await world.keys.commit(group, founding, deviceOf('ann'), signal)).accepted).toBe(true)
  expect(world.keyCommits).toMatchObject([{ epoch: 1 }])
  expect(world.keyMoves).toEqual([{ generation: group.generation, epoch: 1, deviceId: deviceOf('ann').deviceId }])
  await world.upkeep.groupDeleted(groupId, 3_000)
  expect(rooms()).toEqual([])
  await world.sfuUpkeep.sweep(3_000)
  expect(world.sfuCalls.groups.size).toBe(0)
  expect(await refusalOf(world.keys.since(group, 0, deviceOf('ann'), signal))).toBe('CALL_ENDED')
})

test('a room that the call has left is closed fifteen seconds later; until then nobody is in it who is not in the call', async () => {
  const { world, groupId, callId, rooms, place } = await callOf(4)
  const [old] = rooms()
  const devices = world.sfu.rooms.get(old!)!
  for (const name of ['ann', 'bob', 'dan']) devices.add(deviceOf(name).deviceId)
  const { generation } = place()!
  for (const name of ['ann', 'bob']) await world.renew(groupId, callId, deviceOf(name), 3_000, 0, generation)
  expect(rooms()).toEqual([old, expect.stringContaining(' at two')])
  await world.upkeep.memberLeft(groupId, 'dan', 4_000)
  await world.sfuUpkeep.sweep(5_000)
  expect([...devices]).toEqual(['ann', 'bob'].map((name) => deviceOf(name).deviceId))
  await world.sfuUpkeep.sweep(17_900)
  expect(rooms()).toContain(old)
  await world.sfuUpkeep.sweep(18_000)
  expect(rooms()).toEqual([`${callId}.${place()?.generation} at two`])
  expect(world.sfuCalls.rooms.size).toBe(0)
})

test('a call that goes back to the mesh leaves its room in the same way', async () => {
  const { world, groupId, callId, rooms } = await callOf(4)
  const lost = rooms()
  world.sfu.living.clear()
  await world.commands.leaveCall(groupId, callId, deviceOf('dan'), 3_000)
  await world.sfuUpkeep.sweep(3_000)
  expect(world.session(groupId)?.sfu).toBeUndefined()
  await world.sfuUpkeep.sweep(19_000)
  expect(rooms()).toEqual(lost)
  world.sfu.living.add('one')
  await world.sfuUpkeep.sweep(20_000)
  expect([rooms(), world.sfuCalls.rooms.size]).toEqual([[], 0])
})

test.each(['fails', 'is away'])('the end of a call: its room is closed, though its node %s at first', async (how) => {
  const { world, groupId, rooms } = await callOf(4)
  const { close } = world.sfu
  if (how === 'fails') world.sfu.close = () => Promise.reject(new Error('no'))
  else world.sfu.living.clear()
  await world.upkeep.groupDeleted(groupId, 3_000)
  // That this sweep fails is the point: the next one makes up for it.
  await world.sfuUpkeep.sweep(4_000).catch(() => undefined)
  expect(rooms()).toHaveLength(1)
  world.sfu.close = close
  world.sfu.living.add('one')
  await world.sfuUpkeep.sweep(5_000)
  expect([rooms(), world.sfuCalls.rooms.size]).toEqual([[], 0])
})

describe('Redis is emptied in the middle of a call', () => {
  const lose = async () => {
    const call = await callOf(5, ['one'], () => new Promise((resolve) => setImmediate(resolve)))
    call.world.documents.documents.clear()
    call.world.sfu.rooms.clear()
    return call
  }
  const only = ({ callId, place }: Awaited<ReturnType<typeof lose>>) => [`${callId}.${place()?.generation} at one`]

  test('who renew at the same time are in one room, and no other is left', async () => {
    const call = await lose()
    const { world, groupId, callId, rooms } = call
    await Promise.all(PEOPLE.slice(0, 5).map((name) => world.renew(groupId, callId, deviceOf(name), 3_000)))
    expect(peopleIn(world.session(groupId))).toHaveLength(5)
    await expect.poll(rooms).toEqual(only(call))
  })

  test('who is refused leaves no room, and who enters is in the one that there is', async () => {
    const call = await lose()
    const { world, groupId, callId, rooms } = call
    expect(await refusalOf(world.join(groupId, 'another call', deviceOf('fay'), 3_000))).toBe('CALL_NOT_FOUND')
    await expect.poll(rooms).toEqual([])
    await Promise.all(['ann', 'fay'].map((name) => world.join(groupId, callId, deviceOf(name), 3_000)))
    await expect.poll(rooms).toEqual(only(call))
  })

  test('a call that would be over by now leaves none when the next one starts', async () => {
    const { world, groupId, rooms } = await lose()
    await world.start(groupId, deviceOf('ann'), 1_000 + MAX_CALL_MS, { ring: false })
    await expect.poll(rooms).toEqual([])
  })
})

test('a node that fails to do what it is asked keeps nobody in the call', async () => {
  const { world, groupId, callId } = await callOf(4)
  world.sfu.remove = () => Promise.reject(new Error('no'))
  await world.commands.leaveCall(groupId, callId, deviceOf('bob'), 3_000)
  expect(peopleIn(world.session(groupId))).toEqual(['ann', 'cat', 'dan'])
  await expect.poll(() => world.sfuFailures).toHaveLength(1)
})
