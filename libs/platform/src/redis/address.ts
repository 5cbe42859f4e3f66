/** Where Redis is, as REDIS_URL says it. */
export interface RedisAddress {
  readonly isTls: boolean
  /** One server, or the Sentinels that know the present one. */
  readonly hosts: readonly { readonly host: string; readonly port: number }[]
  /** The name that Sentinels give the server; undefined: there are none. */
  readonly master: string | undefined
  readonly username: string | undefined
  readonly password: string | undefined
  readonly db: number
}

const URL_OF_REDIS = /^(rediss?)(\+sentinel)?:\/\/(?:([^@/]*)@)?([^@/]+)(?:\/([^/?#]*))?$/
const HOST = /^(\[[0-9a-fA-F:.]+\]|[^:[\]]+)(?::(\d{1,5}))?$/
const PORTS = { redis: 6379, sentinel: 26_379 } as const

/**
 * Reads `redis://[user:password@]host[:port][/db]` or `redis+sentinel://[user:password@]host[:port],host…/name`, with `rediss` for TLS. A
 * cluster has no such address: sessions and limits need keys that change together. Errors: a sentence that names REDIS_URL, without what may
 * be a password.
 */
export function redisAddress(text: string): RedisAddress {
  const [, scheme, sentinel, credentials = '', hosts = '', path = ''] = URL_OF_REDIS.exec(text) ?? []
  const isSentinel = sentinel !== undefined
  const servers = hosts.split(',').map((one) => hostOf(one, isSentinel ? PORTS.sentinel : PORTS.redis))
  const isWhole = scheme !== undefined && (isSentinel ? path !== '' : servers.length === 1 && /^\d*$/.test(path))
  if (!isWhole || servers.includes(undefined)) throw new Error(UNREADABLE)
  const [username, password] = credentials.split(':').map((part) => decodeURIComponent(part) || undefined)
  return {
    isTls: scheme === 'rediss',
    hosts: servers.filter((one) => one !== undefined),
    master: isSentinel ? decodeURIComponent(path) : undefined,
    username,
    password,
    db: isSentinel ? 0 : Number(path),
  }
}

const UNREADABLE =
  'REDIS_URL must be like redis://host:6379 or redis+sentinel://host:26379,host:26379/name, with rediss for TLS; a cluster is not supported'

function hostOf(text: string, fallback: number) {
  const [, host, port] = HOST.exec(text) ?? []
  if (host === undefined || Number(port ?? 0) > 65_535) return undefined
  return { host: host.replace(/^\[|\]$/g, ''), port: Number(port ?? fallback) }
}
