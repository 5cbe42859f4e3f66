import { startRedis, type TestRedis } from '@beseda/testkit'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { NotificationMemory } from '../../application/ports.js'
import { redisNotificationMemory } from './notification-memory.js'

let server: TestRedis
let redis: Redis
let memory: NotificationMemory
beforeAll(async () => {
  server = await startRedis()
  redis = server.connect()
  memory = redisNotificationMemory(redis)
})
beforeEach(async () => {
  await redis.flushall()
})
afterAll(async () => {
  redis?.disconnect()
  await server?.stop()
})

test('of those who claim a pause at once one is first, and the others learn how long it lasts', async () => {
  const claims = await Promise.all(Array.from({ length: 10 }, () => memory.claim('ann', 'chess', 60_000)))
  expect(claims.filter(({ first }) => first)).toHaveLength(1)
  for (const { leftMs } of claims) {
    expect(leftMs).toBeGreaterThan(50_000)
    expect(leftMs).toBeLessThanOrEqual(60_000)
  }
  expect((await memory.claim('ann', 'choir', 60_000)).first).toBe(true)
  expect((await memory.claim('bob', 'chess', 60_000)).first).toBe(true)
})

test('changes, readings and ended calls are remembered for a minute', async () => {
  expect(await memory.changeOf('m')).toBeUndefined()
  await memory.noteChange('m', { text: 'tea at five' })
  expect(await memory.changeOf('m')).toEqual({ text: 'tea at five' })
  await memory.noteChange('m', 'deleted')
  expect(await memory.changeOf('m')).toBe('deleted')
  expect(await memory.readUpTo('ann', 'chess')).toBe(0)
  await memory.noteRead('ann', 'chess', 17)
  expect(await memory.readUpTo('ann', 'chess')).toBe(17)
  expect(await memory.isCallOver('ann', 'call')).toBe(false)
  await memory.noteCallOver('ann', 'call')
  expect([await memory.isCallOver('ann', 'call'), await memory.isCallOver('bob', 'call')]).toEqual([true, false])
  for (const key of await redis.keys('*')) {
    expect(await redis.pttl(key)).toBeGreaterThan(50_000)
    expect(await redis.pttl(key)).toBeLessThanOrEqual(60_000)
  }
})

test('what devices show is taken once, and what was notified is forgotten with it', async () => {
  expect(await memory.takeShown('ann', 'chess')).toEqual([])
  await memory.noteShown('ann', 'chess', ['phone', 'desk'])
  await memory.noteShown('ann', 'chess', ['phone'])
  await memory.noteNotified('ann', 'chess', 'm')
  expect(new Set(await memory.takeShown('ann', 'chess'))).toEqual(new Set(['phone', 'desk']))
  expect(await memory.takeShown('ann', 'chess')).toEqual([])
  expect(await memory.notifiedOf(['ann'], 'chess', 'm')).toEqual([])
})

test('a message is taken from those who were notified of it, once; it is the newest until another follows', async () => {
  await memory.noteNotified('ann', 'chess', 'one')
  await memory.noteNotified('bob', 'chess', 'one')
  await memory.noteNotified('bob', 'chess', 'two')
  expect(await memory.notifiedOf(['ann', 'bob', 'cat'], 'chess', 'one')).toEqual(['ann', 'bob'])
  expect(await memory.takeNotified(['ann', 'bob', 'cat'], 'chess', 'one')).toEqual([
    { userId: 'ann', newest: true },
    { userId: 'bob', newest: false },
  ])
  expect(await memory.takeNotified(['ann', 'bob', 'cat'], 'chess', 'one')).toEqual([])
  expect(await memory.notifiedOf(['bob'], 'chess', 'two')).toEqual(['bob'])
  expect(await memory.takeNotified([], 'chess', 'two')).toEqual([])
})

test('of a group the newest 64 messages are remembered, for two days', async () => {
  for (let i = 0; i < 70; i++) await memory.noteNotified('ann', 'chess', `m${i}`)
  expect(await memory.notifiedOf(['ann'], 'chess', 'm5')).toEqual([])
  expect(await memory.notifiedOf(['ann'], 'chess', 'm6')).toEqual(['ann'])
  const [key = ''] = await redis.keys('*')
  expect(await redis.pttl(key)).toBeGreaterThan(47 * 3_600_000)
})
