import { Redis } from 'ioredis'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { observeRedis } from './process-metrics.js'

test('a process that has not needed Redis yet misses nothing; one that is cut off does', async () => {
  const registry = new Registry()
  // Nobody listens there.
  const redis = new Redis(1, '127.0.0.1', { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 })
  redis.on('error', () => {})
  observeRedis(registry, redis)
  const told = async () => /^beseda_redis_connected (\d)$/m.exec(await registry.metrics())?.[1]
  expect(await told()).toBe('1')
  await expect(redis.connect()).rejects.toThrow()
  expect(await told()).toBe('0')
  redis.disconnect()
})
