import { newId } from '@beseda/kernel'
import { presenceSubject } from '@beseda/proto'
import { PresenceSchema, PresenceService, Status } from '@beseda/proto/presence/v1/presence_service'
import { reasonOf, TestSystem } from '@beseda/testkit'
import { fromBinary } from '@bufbuild/protobuf'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { presenceService } from './presence.module.js'

let system: TestSystem
beforeAll(async () => {
  system = await TestSystem.start(presenceService)
})
afterAll(() => system.stop())

async function watch(userId: string) {
  const changes = system.edge.subscribe(presenceSubject(userId))[Symbol.asyncIterator]()
  await system.edge.flush()
  return async () => {
    const { value } = await changes.next()
    return fromBinary(PresenceSchema, value.data).status
  }
}
const gateway = () => system.client(PresenceService)
const connection = (userId: string, change = {}) => ({
  connections: [{ userId, deviceId: '00000000-0000-4000-8000-00000000000d', ...change }],
})
const shownOf = async (userId: string, askedBy?: string) => {
  const client = system.client(PresenceService, askedBy ? { userId: askedBy } : {})
  return (await client.getPresence({ userIds: [userId] })).presences[0]?.status
}

test('changes are published once each: online, idle, gone', async () => {
  const userId = newId()
  const next = await watch(userId)
  await gateway().reportConnections(connection(userId))
  await gateway().reportConnections(connection(userId))
  await gateway().reportConnections(connection(userId, { idle: true }))
  await gateway().reportConnections(connection(userId, { gone: true }))
  expect([await next(), await next(), await next()]).toEqual([Status.ONLINE, Status.IDLE, Status.OFFLINE])
})

test('an invisible person is offline to others and invisible to themselves', async () => {
  const userId = newId()
  await gateway().reportConnections(connection(userId))
  await system.client(PresenceService, { userId }).setStatus({ status: Status.INVISIBLE })
  expect(await shownOf(userId, newId())).toBe(Status.OFFLINE)
  expect(await shownOf(userId, userId)).toBe(Status.INVISIBLE)
})

test('a device that nobody reports any longer is swept away', async () => {
  const userId = newId()
  await gateway().reportConnections(connection(userId))
  const next = await watch(userId)
  const redis = system.redis.connect()
  const document = JSON.parse((await redis.get(`presence:${userId}`)) ?? '')
  document.devices['00000000-0000-4000-8000-00000000000d'].leaseUntil = Date.now()
  await redis.set(`presence:${userId}`, JSON.stringify(document))
  await redis.zadd('presence-deadlines', Date.now(), userId)
  redis.disconnect()
  expect(await next()).toBe(Status.OFFLINE)
})

test('only known choices, and only one’s own', async () => {
  const { setStatus } = system.client(PresenceService, { userId: newId() })
  expect(await reasonOf(setStatus({ status: Status.OFFLINE }))).toBe('INVALID_REQUEST')
  expect(await reasonOf(gateway().setStatus({ status: Status.IDLE }))).toBe('UNAUTHENTICATED')
})

test('after a restart of Redis the next report shows the person again', async () => {
  const userId = newId()
  await gateway().reportConnections(connection(userId))
  await system.redis.process.restart()
  const next = await watch(userId)
  await gateway().reportConnections(connection(userId))
  expect(await next()).toBe(Status.ONLINE)
})
