import { historyStream } from '@beseda/proto'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { describe, expect, test, vi } from 'vitest'
import { serverFrame } from '../session/frames.js'
import { TestGateway } from '../testing/fixture.js'

const GROUP = 'g'
const NONE = { group: 0, roster: 0, messages: 0, calls: 0 }

describe('a resume', () => {
  test('sends what the cursor lacks, then what came meanwhile, then live commits: each once, in order', async () => {
    const gateway = new TestGateway()
    const [room, socket] = [gateway.room(GROUP), gateway.socket()]
    for (const _ of [1, 2]) room.offer(await gateway.append(GROUP, 'messages'))
    const head = await room.attach(socket, 0)
    room.offer(await gateway.append(GROUP, 'messages'))
    await room.attach(gateway.socket(), 0)
    expect(socket.story).toEqual([])
    const cursor = { epoch: 'memory', heads: { ...NONE, messages: 1 } }
    expect(await gateway.resume(room, socket, cursor, head!)).toBe('replay')
    room.offer(await gateway.append(GROUP, 'messages'))
    await room.catchUp(NONE)
    expect(socket.story).toEqual(['messages 2<1', 'messages 3<2', 'messages 4<3'])
  })

  test('of a log that does not reach the head asks for a snapshot: a part must not pass for the whole', async () => {
    const gateway = new TestGateway()
    const [room, socket] = [gateway.room(GROUP), gateway.socket()]
    for (const _ of [1, 2, 3]) room.offer(await gateway.append(GROUP, 'messages'))
    const head = await room.attach(socket, 0)
    await gateway.store.erase(historyStream(0), 3)
    expect(await gateway.resume(room, socket, { epoch: 'memory', heads: NONE }, head!)).toBe('snapshot')
    expect(socket.story).toEqual(['snapshotRequired'])
  })

  test.each([
    ['without a cursor', undefined],
    ['of another epoch', { epoch: 'older', heads: { ...NONE, messages: 1 } }],
    ['beyond the head of the log', { epoch: 'memory', heads: { ...NONE, messages: 9 } }],
  ])('%s asks for a snapshot, and live commits follow', async (_, cursor) => {
    const gateway = new TestGateway()
    const [room, socket] = [gateway.room(GROUP), gateway.socket()]
    room.offer(await gateway.append(GROUP, 'messages'))
    const head = await room.attach(socket, 0)
    await gateway.resume(room, socket, cursor, head!)
    room.offer(await gateway.append(GROUP, 'messages'))
    await room.catchUp(NONE)
    expect(socket.story).toEqual(['snapshotRequired', 'messages 2<1'])
  })

  test('of clients that know more than a room that lags: it catches up with one read, and nobody fetches anew', async () => {
    const gateway = new TestGateway()
    const [room, sockets] = [gateway.room(GROUP), Array.from({ length: 50 }, () => gateway.socket())]
    room.offer(await gateway.append(GROUP, 'messages'))
    room.offer(await gateway.append(GROUP, 'roster'))
    const attached = await Promise.all(sockets.map((socket) => room.attach(socket, 0)))
    // The copies of these are late on this gateway's bus.
    const late = [await gateway.append(GROUP, 'messages'), await gateway.append(GROUP, 'messages')]
    const reads = vi.spyOn(gateway.store, 'heads')
    const cursor = { epoch: 'memory', heads: { ...NONE, messages: 4 } }
    const kinds = await Promise.all(sockets.map((socket, i) => gateway.resume(room, socket, cursor, attached[i]!)))
    expect([new Set(kinds), reads.mock.calls.length]).toEqual([new Set(['replay']), 1])
    for (const copy of [...late, await gateway.append(GROUP, 'messages')]) room.offer(copy)
    await room.catchUp(NONE)
    // What the client has already it ignores by its sequence.
    const story = ['roster 2<0', 'messages 3<1', 'messages 4<3', 'messages 5<4']
    for (const socket of sockets) expect(socket.story).toEqual(story)
  })

  test('from before the member joined is a snapshot where history is hidden from new members', async () => {
    const gateway = new TestGateway()
    const [room, old, fresh] = [gateway.room(GROUP), gateway.socket(), gateway.socket()]
    room.offer(await gateway.append(GROUP, 'messages'))
    room.offer(await gateway.append(GROUP, 'roster'))
    room.offer(await gateway.append(GROUP, 'messages'))
    const head = (await room.attach(old, 2))!
    await room.attach(fresh, 2)
    expect(await gateway.resume(room, old, { epoch: 'memory', heads: NONE }, head, 2)).toBe('snapshot')
    const since = { epoch: 'memory', heads: { ...NONE, messages: 1, roster: 2 } }
    expect(await gateway.resume(room, fresh, since, head, 2)).toBe('replay')
    expect([old.story, fresh.story]).toEqual([['snapshotRequired'], ['messages 3<1']])
  })

  test('too far back asks for a snapshot of this group only', async () => {
    const gateway = new TestGateway()
    const [far, near, socket] = [gateway.room('far'), gateway.room('near'), gateway.socket()]
    for (let i = 0; i < 501; i++) far.offer(await gateway.append('far', 'messages'))
    near.offer(await gateway.append('near', 'messages'))
    const cursor = { epoch: 'memory', heads: NONE }
    expect(await gateway.resume(far, socket, cursor, (await far.attach(socket, 0))!)).toBe('snapshot')
    expect(await gateway.resume(near, socket, cursor, (await near.attach(socket, 0))!)).toBe('replay')
    expect(socket.story).toEqual(['snapshotRequired', 'messages 502<0'])
  })

  test('of a socket that does not read, while the group goes on, ends with a code to resume', async () => {
    const gateway = new TestGateway()
    const [room, socket] = [gateway.room(GROUP), gateway.socket()]
    room.offer(await gateway.append(GROUP, 'messages'))
    const head = await room.attach(socket, 0)
    let read: () => void = () => undefined
    socket.full = new Promise((resolve) => {
      read = resolve
    })
    const resumed = gateway.resume(room, socket, { epoch: 'memory', heads: NONE }, head!)
    const large = { commandId: 'x'.repeat(1_000_000), actorId: '', version: 1 }
    for (let i = 0; i < 5; i++) room.offer(await gateway.append(GROUP, 'messages', [large]))
    await room.catchUp(NONE)
    read()
    await resumed
    expect(socket.closedWith).toBe(CloseCode.TOO_SLOW)
    expect(socket.topics.size).toBe(0)
  })

  test('sends the replay and what comes meanwhile no faster than the client reads', async () => {
    const gateway = new TestGateway()
    const [room, socket] = [gateway.room(GROUP), gateway.socket()]
    for (const _ of [1, 2, 3]) room.offer(await gateway.append(GROUP, 'messages'))
    const head = await room.attach(socket, 0)
    let read: () => void = () => undefined
    const fill = () => {
      socket.full = new Promise((resolve) => {
        read = resolve
      })
    }
    fill()
    const resumed = gateway.resume(room, socket, { epoch: 'memory', heads: NONE }, head!)
    room.offer(await gateway.append(GROUP, 'messages'))
    room.offer(await gateway.append(GROUP, 'messages'))
    await room.catchUp(NONE)
    for (const got of ['messages 1<0', 'messages 2<1', 'messages 3<2', 'messages 4<3', 'messages 5<4']) {
      await expect.poll(() => socket.story.at(-1)).toBe(got)
      const emptied = read
      fill()
      emptied()
    }
    read()
    await resumed
    expect(socket.topics.size).toBe(1)
  })

  test('of a member who is removed meanwhile ends there', async () => {
    const gateway = new TestGateway()
    const [room, socket] = [gateway.room(GROUP), gateway.socket()]
    for (const _ of [1, 2]) room.offer(await gateway.append(GROUP, 'messages'))
    const head = await room.attach(socket, 0)
    let read: () => void = () => undefined
    socket.full = new Promise((resolve) => {
      read = resolve
    })
    const resumed = gateway.resume(room, socket, { epoch: 'memory', heads: NONE }, head!)
    await expect.poll(() => socket.story).toEqual(['messages 1<0'])
    const removal = { case: 'memberRemoved' as const, value: { userId: socket.userId } }
    room.offer(await gateway.append(GROUP, 'roster', [{ commandId: 'r', actorId: '', version: 1, body: removal }]))
    await room.catchUp(NONE)
    read()
    await resumed
    expect(socket.story).toEqual(['messages 1<0', 'groupLeft'])
    expect(socket.topics.size).toBe(0)
  })
})

describe('what the bus has lost', () => {
  test('is read from the log when the next commit shows the hole', async () => {
    const gateway = new TestGateway()
    const [room, socket] = [gateway.room(GROUP), gateway.socket()]
    await room.attach(socket, 0)
    room.goLive(socket)
    await gateway.append(GROUP, 'messages')
    room.offer(await gateway.append(GROUP, 'messages'))
    await room.catchUp(NONE)
    expect(socket.story).toEqual(['messages 1<0', 'messages 2<1'])
    expect(gateway.repairs).toEqual(['messages'])
  })

  test('and was erased since, together with the commit that showed it, does not block the room', async () => {
    const gateway = new TestGateway()
    const [room, socket] = [gateway.room(GROUP), gateway.socket()]
    await room.attach(socket, 0)
    room.goLive(socket)
    await gateway.append(GROUP, 'messages')
    const shows = await gateway.append(GROUP, 'messages')
    for (const seq of [1, 2]) await gateway.store.erase(historyStream(0), seq)
    room.offer(shows)
    room.offer(await gateway.append(GROUP, 'messages'))
    await room.catchUp(NONE)
    expect(socket.story).toEqual(['messages 3<0'])
    expect(gateway.failures).toEqual([])
  })
})

describe('a socket that goes live', () => {
  test('and is closed in the middle of it does no harm to another that is being brought up', async () => {
    const gateway = new TestGateway()
    const [room, breaking, patient] = [gateway.room(GROUP), gateway.socket(), gateway.socket()]
    await room.attach(breaking, 0)
    room.offer(await gateway.append(GROUP, 'messages'))
    await room.attach(patient, 0)
    // What a connection does whose frame was dropped.
    breaking.send = () => room.detach(breaking)
    room.goLive(breaking)
    room.offer(await gateway.append(GROUP, 'messages'))
    await room.catchUp(NONE)
    room.goLive(patient)
    expect(patient.story).toEqual(['messages 2<1'])
    expect([room.size, breaking.topics.size]).toEqual([1, 0])
  })

  test('twice gets nothing twice', async () => {
    const gateway = new TestGateway()
    const [room, socket] = [gateway.room(GROUP), gateway.socket()]
    await room.attach(socket, 0)
    room.offer(await gateway.append(GROUP, 'messages'))
    await room.catchUp(NONE)
    room.goLive(socket)
    room.goLive(socket)
    await room.attach(socket, 0)
    expect(socket.story).toEqual(['messages 1<0'])
    expect(room.size).toBe(1)
  })
})

describe('members', () => {
  const removal = (...userIds: string[]) =>
    userIds.map((userId) => ({
      ...{ commandId: userId, actorId: '', version: 1 },
      body: { case: 'memberRemoved' as const, value: { userId } },
    }))
  async function crowd() {
    const gateway = new TestGateway()
    const room = gateway.room(GROUP)
    const [ann, bob] = [gateway.socket('ann'), gateway.socket('bob')]
    for (const socket of [ann, bob]) {
      await room.attach(socket, 0)
      room.goLive(socket)
    }
    return { gateway, room, ann, bob }
  }

  test('who are removed get neither the removal nor anything after it; the others get both', async () => {
    const { gateway, room, ann, bob } = await crowd()
    room.offer(await gateway.append(GROUP, 'messages'))
    room.offer(await gateway.append(GROUP, 'roster', removal('ann')))
    room.offer(await gateway.append(GROUP, 'messages', [], 2))
    await room.catchUp(NONE)
    expect(ann.story).toEqual(['messages 1<0', 'groupLeft'])
    expect(bob.story).toEqual(['messages 1<0', 'roster 2<0', 'messages 3<1'])
    expect([room.has(ann), room.has(bob)]).toEqual([false, true])
  })

  test('get no message before the roster that its authors were checked against', async () => {
    const { gateway, room, ann, bob } = await crowd()
    await gateway.append(GROUP, 'roster', removal('ann'))
    // The copy of the removal was lost.
    room.offer(await gateway.append(GROUP, 'messages', [], 1))
    await room.catchUp(NONE)
    expect(ann.story).toEqual(['groupLeft'])
    expect(bob.story).toEqual(['roster 1<0', 'messages 2<0'])
  })

  test('of a deleted group all leave, and the room is empty', async () => {
    const { gateway, room, ann, bob } = await crowd()
    const deletion = { commandId: 'd', actorId: '', version: 1, body: { case: 'groupDeleted' as const, value: {} } }
    room.offer(await gateway.append(GROUP, 'group', [deletion]))
    await room.catchUp(NONE)
    expect([ann.story, bob.story, room.size]).toEqual([['groupLeft'], ['groupLeft'], 0])
  })

  test('who joined after the heads of the room are let in, and who joins a closed room is not', async () => {
    const gateway = new TestGateway()
    const room = gateway.room(GROUP)
    const joined = { case: 'memberJoined' as const, value: { userId: 'ann', role: 1 } }
    await gateway.append(GROUP, 'roster', [{ commandId: 'j', actorId: '', version: 1, body: joined }])
    expect(await room.attach(gateway.socket('ann'), 1)).toEqual({ ...NONE, roster: 1 })
    room.close()
    expect(await room.attach(gateway.socket('ann'), 1)).toBeUndefined()
  })

  test('all but one get what is broadcast', async () => {
    const { room, ann, bob } = await crowd()
    room.broadcast(serverFrame({ case: 'typing', value: { groupId: GROUP, userId: 'ann' } }), 'ann')
    expect([ann.story, bob.story]).toEqual([[], ['typing']])
  })
})

test('a failure of the log is reported, and the next commit finds what it left out', async () => {
  const gateway = new TestGateway()
  const [room, socket] = [gateway.room(GROUP), gateway.socket()]
  await room.attach(socket, 0)
  room.goLive(socket)
  const { read } = gateway.store
  gateway.store.read = () => Promise.reject(new Error('no answer'))
  await gateway.append(GROUP, 'messages')
  room.offer(await gateway.append(GROUP, 'messages'))
  await expect.poll(() => gateway.failures).toHaveLength(1)
  gateway.store.read = read
  room.offer(await gateway.append(GROUP, 'messages'))
  await room.catchUp(NONE)
  expect(socket.story).toEqual(['messages 1<0', 'messages 2<1', 'messages 3<2'])
})
