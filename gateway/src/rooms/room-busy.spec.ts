import { beforeEach, describe, expect, test } from 'vitest'
import { serverFrame } from '../session/frames.js'
import { FakeSocket, TestGateway } from '../testing/fixture.js'
import type { Room } from './room.js'

const GROUP = 'g'
const NONE = { group: 0, roster: 0, messages: 0, calls: 0 }

/** A room of a gateway that has just written to very many sockets: whatever is published waits for the end of the window. */
let gateway: TestGateway
let room: Room
let ann: FakeSocket
beforeEach(async () => {
  gateway = new TestGateway()
  room = gateway.room(GROUP)
  ann = await live('ann')
  gateway.windows.stand()
  gateway.topics.publish('elsewhere', new Uint8Array(), 10_000)
})

async function live(userId: string): Promise<FakeSocket> {
  const socket = gateway.socket(userId)
  await room.attach(socket, 0)
  room.goLive(socket)
  return socket
}

async function post(lane: 'messages' | 'roster' = 'messages', events: Parameters<TestGateway['append']>[2] = []) {
  room.offer(await gateway.append(GROUP, lane, events))
  await room.catchUp(NONE)
}

test('commits wait for the end of the window, and come in their order', async () => {
  await post()
  await post('roster')
  await post()
  expect(ann.story).toEqual([])
  gateway.windows.end()
  expect(ann.story).toEqual(['messages 1<0', 'roster 2<0', 'messages 3<1'])
})

describe('a socket that goes live while commits wait', () => {
  test('has got them with its backlog, and gets them once', async () => {
    const bob = gateway.socket('bob')
    await room.attach(bob, 0)
    await post()
    room.goLive(bob)
    await post()
    gateway.windows.end()
    for (const socket of [ann, bob]) expect(socket.story).toEqual(['messages 1<0', 'messages 2<1'])
  })

  test('gets none that are before its head', async () => {
    await post()
    const bob = await live('bob')
    await post()
    gateway.windows.end()
    expect([ann.story, bob.story]).toEqual([['messages 1<0', 'messages 2<1'], ['messages 2<1']])
  })
})

test('who is removed still gets what was published before, and nothing after it', async () => {
  const bob = await live('bob')
  const removed = { case: 'memberRemoved' as const, value: { userId: 'ann' } }
  await post()
  await post('roster', [{ commandId: 'r', actorId: '', version: 1, body: removed }])
  await post()
  gateway.windows.end()
  expect(ann.story).toEqual(['messages 1<0', 'groupLeft'])
  expect(bob.story).toEqual(['messages 1<0', 'roster 2<0', 'messages 3<1'])
})

test('what is said about a room comes after the commits that were published before it', async () => {
  await post()
  room.broadcast(serverFrame({ case: 'typing', value: { groupId: GROUP, userId: 'bob' } }), 'bob')
  await post()
  gateway.windows.end()
  expect(ann.story).toEqual(['messages 1<0', 'typing', 'messages 2<1'])
})

test('a room that closes sends what it has published', async () => {
  await post()
  room.close()
  expect(ann.story).toEqual(['messages 1<0'])
})

test('a socket that leaves gets nothing more', async () => {
  await post()
  room.detach(ann)
  gateway.windows.end()
  expect(ann.story).toEqual([])
})
