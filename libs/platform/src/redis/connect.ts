import { readFileSync } from 'node:fs'
import { Redis, type RedisOptions } from 'ioredis'
import type { Logger } from 'pino'
import type { PlatformConfig } from '../config.js'
import { redisAddress } from './address.js'

export type RedisConfig = Pick<PlatformConfig, 'service' | 'redisUrl' | 'redisPassword' | 'redisCaFile'>

type Place = Pick<
  RedisOptions,
  | 'username'
  | 'password'
  | 'db'
  | 'tls'
  | 'sentinels'
  | 'sentinelUsername'
  | 'sentinelPassword'
  | 'enableTLSForSentinelMode'
  | 'sentinelTLS'
  | 'failoverDetector'
> & { readonly host?: string; readonly port?: number; readonly name?: string }

/** A client that connects when first used. Without Redis, a command fails after a few seconds instead of waiting for ever. */
export function connectRedis(config: RedisConfig, logger: Logger): Redis {
  const redis = new Redis({
    ...placeOf(config),
    lazyConnect: true,
    connectionName: config.service,
    maxRetriesPerRequest: 3,
    commandTimeout: 3_000,
    retryStrategy: (attempt) => Math.min(100 * attempt, 2_000),
    // A server that Sentinels have made a replica refuses to write: ask them for the new one, and repeat the command there.
    reconnectOnError: ({ message }) => (message.startsWith('READONLY') ? 2 : false),
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

/** REDIS_PASSWORD, which may come from a secret, goes before the password of REDIS_URL. Sentinels are asked with the same one. */
function placeOf({ redisUrl, redisPassword, redisCaFile }: RedisConfig): Place {
  const { hosts, master, username, db, isTls, ...address } = redisAddress(redisUrl)
  const password = redisPassword ?? address.password
  const tls = isTls ? { tls: redisCaFile ? { ca: readFileSync(redisCaFile) } : {} } : { tls: undefined }
  const who = { ...(username && { username }), ...(password && { password }), db, ...tls }
  const [first] = hosts
  if (first && master === undefined) return { ...first, ...who }
  return {
    ...who,
    ...(master !== undefined && { name: master }),
    sentinels: hosts.map((one) => ({ ...one })),
    ...(username && { sentinelUsername: username }),
    ...(password && { sentinelPassword: password }),
    enableTLSForSentinelMode: isTls,
    ...(tls.tls && { sentinelTLS: tls.tls }),
    failoverDetector: true,
  }
}
