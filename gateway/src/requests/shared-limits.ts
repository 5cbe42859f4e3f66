import type { BucketRate } from '@beseda/kernel'
import type { Redis } from 'ioredis'

/**
 * Takes tokens of each bucket. KEYS: the buckets; ARGV: now (ms), then for each bucket its burst, its tokens per ms and how many are taken. Returns
 * the waits in ms. A bucket may be named twice: the second time sees what the first has taken.
 */
const TAKE = `
local now = tonumber(ARGV[1])
local waits = {}
for i, key in ipairs(KEYS) do
  local burst, rate = tonumber(ARGV[3 * i - 1]), tonumber(ARGV[3 * i])
  local wanted = tonumber(ARGV[3 * i + 1])
  local kept = redis.call('HMGET', key, 'tokens', 'at')
  local tokens = burst
  if kept[1] then tokens = math.min(burst, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * rate) end
  if tokens >= wanted then
    tokens = tokens - wanted
    waits[i] = 0
  else
    waits[i] = math.ceil((wanted - tokens) / rate)
  end
  redis.call('HSET', key, 'tokens', tostring(tokens), 'at', ARGV[1])
  redis.call('PEXPIRE', key, math.ceil(burst / rate))
end
return waits
`
/** The longest wait for Redis; then the request is allowed. Limits protect against excess, and an outage of Redis must stop nobody. */
const TIMEOUT_MS = 250
/** Buckets of one command: Redis does nothing else while it runs. */
const BATCH = 200

interface Asked {
  readonly key: string
  readonly rate: BucketRate
  readonly wanted: number
  readonly answer: (waitMs: number) => void
}

type WithTake = Redis & { takeTokens(count: number, ...keysAndValues: (string | number)[]): Promise<number[]> }

/**
 * Limits of all gateways together, kept in Redis. Without Redis each gateway's own limits are left. Everything asked in one turn of the event
 * loop is one command: a command to Redis costs a gateway more than most of what it does for a message.
 */
export class SharedLimits {
  readonly #redis: WithTake
  #asked: Asked[] = []

  constructor(redis: Redis) {
    // Called by its hash: the text goes over the wire once.
    redis.defineCommand('takeTokens', { lua: TAKE })
    this.#redis = redis as WithTake
  }

  /** Milliseconds to wait until `wanted` tokens are there; 0: they are taken, or Redis does not answer. */
  take(key: string, rate: BucketRate, wanted = 1): Promise<number> {
    return new Promise((answer) => {
      this.#asked.push({ key: `limit:${key}`, rate, wanted, answer })
      if (this.#asked.length === 1) setImmediate(() => this.#ask())
    })
  }

  #ask(): void {
    const all = this.#asked
    this.#asked = []
    for (let at = 0; at < all.length; at += BATCH) void this.#askFor(all.slice(at, at + BATCH))
  }

  async #askFor(asked: readonly Asked[]): Promise<void> {
    const allowed = () => {
      for (const { answer } of asked) answer(0)
    }
    const timer = setTimeout(allowed, TIMEOUT_MS)
    try {
      const rates = asked.flatMap(({ rate: { perMinute, burst }, wanted }) => [burst, perMinute / 60_000, wanted])
      const waits = await this.#redis.takeTokens(asked.length, ...asked.map(({ key }) => key), Date.now(), ...rates)
      for (const [i, { answer }] of asked.entries()) answer(waits[i] ?? 0)
    } catch {
      // Redis is away.
      allowed()
    } finally {
      clearTimeout(timer)
    }
  }
}
