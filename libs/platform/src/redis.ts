import { Redis } from 'ioredis'
import type { Logger } from 'pino'
import type { PlatformConfig } from './config.js'

/**
 * A lazily connected client that fails a command after a few seconds without Redis, instead of holding it for ever. `together`: what is
 * asked in one turn of the event loop goes out with one write; for who asks often and one by one.
 */
export function connectRedis(config: PlatformConfig, logger: Logger, { together = false } = {}): Redis {
  const redis = new Redis(config.redisUrl, {
    lazyConnect: true,
    enableAutoPipelining: together,
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
