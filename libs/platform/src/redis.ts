import { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { PlatformConfig } from './config.js'

/** A lazily connected client that fails a command after a few seconds without Redis, instead of holding it for ever. */
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
    if (!failing) logger.warn({ error: error.message }, 'redis is not reachable')
    failing = true
  })
  return redis
}
