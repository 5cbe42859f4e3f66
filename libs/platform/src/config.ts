import { isIP } from 'node:net'
import { EVENT_STORES, type EventStoreKind } from '@beseda/event-log'
import { redisAddress } from './redis/address.js'

/** Configuration that every process has. docs/configuration.md lists the variables. */
export interface PlatformConfig {
  readonly service: string
  readonly natsUrl: string
  readonly natsUser: string | undefined
  readonly natsPassword: string | undefined
  /** Tried where the password is refused: while passwords change, NATS knows either. */
  readonly natsPasswordBefore: string | undefined
  /** Certificate authority of the NATS servers, PEM; undefined: those of the system. */
  readonly natsCaFile: string | undefined
  /** Monitoring endpoint of the NATS servers; undefined: their storage is not observed. */
  readonly natsMonitorUrl: string | undefined
  readonly redisUrl: string
  /** What keeps the log. */
  readonly eventStore: EventStoreKind
  readonly redisPassword: string | undefined
  /** Certificate authority of Redis, PEM; undefined: those of the system. */
  readonly redisCaFile: string | undefined
  readonly partitionCount: number
  /** Partitions that this process serves; `all` also serves requests without a partition. */
  readonly partitions: readonly number[] | 'all'
  /** Folder of the process's views. They can be deleted: the process builds them again from the log. */
  readonly dataDir: string
  /** Address on which the health server listens. */
  readonly healthHost: string
  /** 0: no health server. */
  readonly healthPort: number
  readonly logLevel: string
  /** Views begin empty and read their streams again: `--rebuild` on the command line. */
  readonly rebuildViews: boolean
  /** Ed25519 private key in PKCS#8 PEM, for processes that sign tokens. */
  readonly signingKeyFile: string | undefined
  /** At least 32 random bytes in hex, from which keyed hashes and credentials are derived. */
  readonly secretFile: string | undefined
}

const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

/** Environment variables of a process. */
export type Environment = Readonly<Record<string, string | undefined>>

/** Errors: a sentence that names the variable whose value is invalid. */
export function readConfig(service: string, env: Environment, args: readonly string[] = process.argv): PlatformConfig {
  const partitionCount = integer(env, 'PARTITION_COUNT', 4, 1, 1024)
  return {
    service,
    natsUrl: env.NATS_URL || 'nats://127.0.0.1:4222',
    natsUser: env.NATS_USER || undefined,
    natsPassword: env.NATS_PASSWORD || undefined,
    natsPasswordBefore: env.NATS_PASSWORD_BEFORE || undefined,
    natsCaFile: env.NATS_CA_FILE || undefined,
    natsMonitorUrl: env.NATS_MONITOR_URL || undefined,
    eventStore: choice(env, 'EVENT_STORE', EVENT_STORES, 'jetstream'),
    redisUrl: redis(env.REDIS_URL || 'redis://127.0.0.1:6379'),
    redisPassword: env.REDIS_PASSWORD || undefined,
    redisCaFile: env.REDIS_CA_FILE || undefined,
    partitionCount,
    partitions: parsePartitions(env.PARTITIONS, partitionCount),
    dataDir: env.DATA_DIR || '.data/views',
    healthHost: address(env, 'HEALTH_HOST', '127.0.0.1'),
    healthPort: integer(env, 'HEALTH_PORT', 0, 0, 65_535),
    logLevel: choice(env, 'LOG_LEVEL', LOG_LEVELS, 'info'),
    rebuildViews: args.includes('--rebuild'),
    signingKeyFile: env.SIGNING_KEY_FILE || undefined,
    secretFile: env.SECRET_FILE || undefined,
  }
}

/** Reads a whole number from `min` to `max`. Errors: a sentence that names the variable. */
export function integer(env: Environment, name: string, fallback: number, min: number, max: number): number {
  const text = env[name]
  if (text === undefined || text === '') return fallback
  const value = Number(text)
  if (!Number.isInteger(value) || value < min || value > max) {
    throw new Error(`${name} must be a whole number from ${min} to ${max}, not "${text}"`)
  }
  return value
}

/** Reads one of some words. Errors: a sentence that names the variable. */
export function choice<const Word extends string>(
  env: Environment,
  name: string,
  words: readonly Word[],
  fallback: NoInfer<Word>,
): Word {
  const text = env[name] || fallback
  const found = words.find((word) => word === text)
  if (found === undefined) throw new Error(`${name} must be one of ${words.join(', ')}, not "${text}"`)
  return found
}

/** Reads `true` or `false`. Errors: a sentence that names the variable. */
export const flag = (env: Environment, name: string, fallback: boolean): boolean =>
  choice(env, name, ['true', 'false'], fallback ? 'true' : 'false') === 'true'

function redis(text: string): string {
  redisAddress(text)
  return text
}

function address(env: Environment, name: string, fallback: string): string {
  const text = env[name] || fallback
  if (isIP(text) === 0) throw new Error(`${name} must be an IP address, not "${text}"`)
  return text
}

/** Reads `0-3`, `0,2`, or nothing for all. Errors: a sentence that names PARTITIONS. */
export function parsePartitions(text: string | undefined, count: number): readonly number[] | 'all' {
  if (!text) return 'all'
  const chosen = new Set<number>()
  for (const part of text.split(',')) {
    const [, from, to] = /^\s*(\d+)(?:-(\d+))?\s*$/.exec(part) ?? []
    const first = Number(from)
    const last = Number(to ?? from)
    if (from === undefined || last >= count || first > last) {
      throw new Error(`PARTITIONS must be like "0-3" or "0,2", below ${count}, not "${text}"`)
    }
    for (let p = first; p <= last; p++) chosen.add(p)
  }
  return [...chosen].sort((a, b) => a - b)
}
