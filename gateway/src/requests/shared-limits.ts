import type { BucketRate } from '@beseda/kernel'
import type { Redis } from 'ioredis'

/**
 * Token buckets of all gateways together. KEYS: the buckets; ARGV: now (ms), then of each its burst and its tokens a ms. Answers the waits
 * in ms. Of a bucket that is asked for twice the second asking sees what the first has taken.
 */
const TAKE = `
local now = tonumber(ARGV[1])
local waits = {}
for i, key in ipairs(KEYS) do
  local burst, rate = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local kept = redis.call('HMGET', key, 'tokens', 'at')
  local tokens = burst
  if kept[1] then tokens = math.min(burst, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * rate) end
  if tokens >= 1 then
    tokens = tokens - 1
    waits[i] = 0
  else
    waits[i] = math.ceil((1 - tokens) / rate)
  end
  redis.call('HSET', key, 'tokens', tostring(tokens), 'at', ARGV[1])
  redis.call('PEXPIRE', key, math.ceil(burst / rate))
end
return waits
`
/** Longer does a request not wait for Redis: limits guard against excess, not against an outage. */
const PATIENCE_MS = 250
/** Buckets of one question: Redis does nothing else meanwhile. */
const TOGETHER = 200

interface Asked {
  readonly key: string
  readonly rate: BucketRate
  readonly answer: (waitMs: number) => void
}

type WithTake = Redis & { takeTokens(count: number, ...keysAndValues: (string | number)[]): Promise<number[]> }

/**
 * Limits that hold however many gateways there are. Without Redis each gateway's own limits are left. What is asked in one turn of the
 * event loop is one question: a command to Redis costs a gateway more than most of what it does for a message.
 */
export class SharedLimits {
  readonly #redis: WithTake
  #asked: Asked[] = []

  constructor(redis: Redis) {
    // By its hash: the text goes over the wire once.
    redis.defineCommand('takeTokens', { lua: TAKE })
    this.#redis = redis as WithTake
  }

  /** Milliseconds to wait; 0: allowed, or Redis does not answer. */
  take(key: string, rate: BucketRate): Promise<number> {
    return new Promise((answer) => {
      this.#asked.push({ key: `limit:${key}`, rate, answer })
      if (this.#asked.length === 1) setImmediate(() => this.#ask())
    })
  }

  #ask(): void {
    const all = this.#asked
    this.#asked = []
    for (let at = 0; at < all.length; at += TOGETHER) void this.#askFor(all.slice(at, at + TOGETHER))
  }

  async #askFor(asked: readonly Asked[]): Promise<void> {
    const allowed = () => {
      for (const { answer } of asked) answer(0)
    }
    const patience = setTimeout(allowed, PATIENCE_MS)
    try {
      const rates = asked.flatMap(({ rate: { perMinute, burst } }) => [burst, perMinute / 60_000])
      const waits = await this.#redis.takeTokens(asked.length, ...asked.map(({ key }) => key), Date.now(), ...rates)
      for (const [i, { answer }] of asked.entries()) answer(waits[i] ?? 0)
    } catch {
      allowed()
    } finally {
      clearTimeout(patience)
    }
  }
}
