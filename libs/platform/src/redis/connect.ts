import { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { PlatformConfig } from '../config.js'

/** A client that connects when first used. Without Redis, a command fails after a few seconds instead of waiting for ever. */
export function connectRedis(config: PlatformConfig, logger: Logger): Redis {
  const redis = new Redis(config.redisUrl, {
    lazyConnect: true,
    connectionName: config.service,
    maxRetriesPerRequest: 3,
    commandTimeout: 3_000,
    retryStrategy: (attempt) => Math.min(100 * attempt, 2_000),
  })
  let failing = false
  redis.on('ready', () => {
    failing = false
  })
  redis.on('error', (error: Error) => {
    if (!failing) logger.warn({ error: error.message }, 'Redis cannot be reached')
    failing = true
  })
  return redis
}
