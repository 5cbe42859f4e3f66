import { LogUnavailable } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { Role } from '@beseda/proto/common/v1/roles'
import { EventSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import { beforeEach, expect, test } from 'vitest'
import { BusFanOut } from '../bus/bus-fan-out.js'
import { type FakeSocket, TestGateway } from '../testing/fixture.js'
import { Reconciler } from './reconciler.js'
import { Rooms } from './rooms.js'

/** A stand-in for the bus that loses everything. */
const deaf = {
  subscribe: () => ({ unsubscribe: () => undefined }),
  protocol: { subscribe: () => undefined, unsubscribe: () => undefined },
  flush: () => Promise.resolve(),
} as unknown as NatsConnection

let gateway: TestGateway
let rooms: Rooms
let reconciler: Reconciler
let ann: FakeSocket
let epochs = 0
let losses = 0

beforeEach(async () => {
  gateway = new TestGateway()
  ann = gateway.socket()
  rooms = new Rooms({
    ...{ nats: deaf, fanOut: new BusFanOut(deaf), log: gateway.log },
    socketsOf: (userId) => gateway.sockets.filter((socket) => socket.userId === userId),
    events: { repaired: () => undefined, topics: gateway.topics, callChanged: () => undefined },
    onFailure: (error) => gateway.failures.push(error),
  })
  epochs = 0
  losses = 0
  const onLost = () => void losses++
  const onNewEpoch = () => void epochs++
  const onFailure = (error: unknown) => gateway.failures.push(error)
  reconciler = new Reconciler(gateway.store, gateway.log, rooms, { partitionCount: 1, onNewEpoch, onLost, onFailure })
  await gateway.append('other', 'group')
  await reconciler.round()
})

async function enter(groupId: string): Promise<void> {
  const entered = await rooms.enter(groupId, ann, 0)
  entered?.room.goLive(ann)
}

test('a commit that the bus lost in a quiet group is found', async () => {
  await enter('quiet')
  await gateway.append('quiet', 'messages')
  expect(ann.story).toEqual([])
  await reconciler.round()
  expect(ann.story).toEqual(['messages 2<0'])
  await reconciler.round()
  expect(ann.story).toHaveLength(1)
})

test('somebody who was added gets the group although the bus lost the commit', async () => {
  const body = { case: 'memberJoined' as const, value: { userId: ann.userId, role: Role.MEMBER } }
  await gateway.append('new', 'roster', [create(EventSchema, { commandId: newId(), version: 1, body })])
  await reconciler.round()
  await expect.poll(() => ann.story).toEqual(['groupJoined'])
  await gateway.append('new', 'messages', [], 2)
  await reconciler.round()
  expect(ann.story).toEqual(['groupJoined', 'messages 3<0'])
})

test('what could not be compared is compared in the next round', async () => {
  await enter('quiet')
  await gateway.append('quiet', 'messages')
  const { heads } = gateway.store
  gateway.store.heads = () => Promise.reject(new Error('no answer'))
  await reconciler.round()
  expect(gateway.failures).toHaveLength(1)
  gateway.store.heads = heads
  await reconciler.round()
  expect(ann.story).toEqual(['messages 2<0'])
})

test('replaced streams are reported once', async () => {
  const info = await gateway.store.info('HISTORY_0')
  gateway.store.info = () => Promise.resolve({ ...info, epoch: 'another' })
  await reconciler.round()
  expect(epochs).toBe(1)
  await reconciler.round()
  expect(epochs).toBe(1)
})

test('a gateway that is cut off from the log reports it once, until the log answers', async () => {
  const { info } = gateway.store
  gateway.store.info = () => Promise.reject(new LogUnavailable('no answer'))
  await reconciler.round()
  await reconciler.round()
  expect([reconciler.answered, losses]).toEqual([false, 1])
  gateway.store.info = info
  await reconciler.round()
  expect(reconciler.answered).toBe(true)
})

test('only rooms in which something has happened since the last round are looked at', async () => {
  for (const groupId of ['quiet', 'busy']) {
    await gateway.append(groupId, 'messages')
    await enter(groupId)
  }
  await reconciler.round()
  const looked: string[] = []
  const { catchUp } = rooms
  rooms.catchUp = (heads) => {
    looked.push(...heads.keys())
    return catchUp.call(rooms, heads)
  }
  await gateway.append('busy', 'messages')
  await reconciler.round()
  expect(looked).toEqual(['busy'])
  expect(ann.story).toEqual(['messages 4<3'])
})

test('what was lost is found in each of many hundreds of rooms', async () => {
  const groupIds = Array.from({ length: 450 }, (_, i) => `group-${i}`)
  for (const groupId of groupIds) await enter(groupId)
  await reconciler.round()
  for (const groupId of groupIds) await gateway.append(groupId, 'messages')
  await reconciler.round()
  expect(new Set(ann.story)).toEqual(new Set(groupIds.map((_, i) => `messages ${i + 2}<0`)))
})
