import { startRedis, type TestRedis } from '@beseda/testkit'
import type { Redis } from 'ioredis'
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest'
import { RedisClock } from './redis-clock.js'

const HOUR = 3_600_000
/** An answer takes some of it; far less than the hour that the clocks are apart. */
const CLOSE_MS = 5_000

let server: TestRedis
let redis: Redis
beforeAll(async () => {
  server = await startRedis()
  redis = server.connect()
})
afterEach(() => vi.useRealTimers())
afterAll(async () => {
  redis?.disconnect()
  await server?.stop()
})

/** The clock of this host alone; timers and the monotonic clock stay. */
const setHostsClock = (now: number) => vi.useFakeTimers({ toFake: ['Date'], now })

test('a host whose clock is an hour off has the time of Redis, and tells how far it is off', async () => {
  const before = Date.now()
  setHostsClock(before + HOUR)
  const clock = await RedisClock.start(redis)
  expect(Math.abs(clock.now() - before)).toBeLessThan(CLOSE_MS)
  expect(Math.abs((clock.apart ?? 0) - HOUR)).toBeLessThan(CLOSE_MS)
})

test('when somebody sets the clock of the host, the time of calls goes on', async () => {
  const clock = await RedisClock.start(redis)
  const before = clock.now()
  setHostsClock(Date.now() + 12 * HOUR)
  await clock.follow()
  const passed = clock.now() - before
  expect(passed).toBeGreaterThanOrEqual(0)
  expect(passed).toBeLessThan(CLOSE_MS)
})

test('without Redis it starts with the clock of the host, and says that it has compared nothing', async () => {
  const gone = redis.duplicate({ lazyConnect: true, retryStrategy: () => null, enableOfflineQueue: false })
  const clock = await RedisClock.start(gone)
  expect(clock.apart).toBeUndefined()
  expect(Math.abs(clock.now() - Date.now())).toBeLessThan(CLOSE_MS)
  gone.disconnect()
})
