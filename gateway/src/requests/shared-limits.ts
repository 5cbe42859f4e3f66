import type { BucketRate } from '@beseda/kernel'
import type { Redis } from 'ioredis'

/**
 * Takes tokens of each bucket. KEYS: the buckets; ARGV: now (ms), then for each bucket its burst, its tokens per ms, how many are taken, and how deep
 * into debt it may be brought (0: what is not there is refused; otherwise everything is taken). Returns the waits in ms, then what is left in
 * each, whole tokens. A bucket may be named twice: the second time sees what the first has taken.
 */
const TAKE = `
local now = tonumber(ARGV[1])
local answer = {}
for i, key in ipairs(KEYS) do
  local burst, rate = tonumber(ARGV[4 * i - 2]), tonumber(ARGV[4 * i - 1])
  local wanted, debt = tonumber(ARGV[4 * i]), tonumber(ARGV[4 * i + 1])
  local kept = redis.call('HMGET', key, 'tokens', 'at')
  local tokens = burst
  if kept[1] then tokens = math.min(burst, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * rate) end
  if tokens >= wanted or debt > 0 then
    tokens = math.max(tokens - wanted, -debt)
    answer[i] = 0
  else
    answer[i] = math.ceil((wanted - tokens) / rate)
  end
  answer[#KEYS + i] = math.floor(tokens)
  redis.call('HSET', key, 'tokens', tostring(tokens), 'at', ARGV[1])
  redis.call('PEXPIRE', key, math.max(1, math.ceil((burst - tokens) / rate)))
end
return answer
`
/** The longest wait for Redis; then the request is allowed. Limits protect against excess, and an outage of Redis must stop nobody. */
const TIMEOUT_MS = 250
/** Buckets of one command: Redis does nothing else while it runs. */
const BATCH = 200

export interface Taking {
  readonly key: string
  readonly rate: BucketRate
  readonly wanted: number
  /** The tokens are spent already: they are taken even if they are not there, until the bucket owes this many. 0: nothing is owed. */
  readonly debt: number
}

/** `left`: whole tokens that are left, below 0 when some are owed; undefined: Redis does not answer, and everything is allowed. */
export interface SharedAnswer {
  readonly waitMs: number
  readonly left: number | undefined
}

interface Asked extends Taking {
  readonly answer: (answer: SharedAnswer) => void
}

const ALLOWED: SharedAnswer = { waitMs: 0, left: undefined }

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
  async take(key: string, rate: BucketRate, wanted = 1): Promise<number> {
    return (await this.ask({ key, rate, wanted, debt: 0 })).waitMs
  }

  ask(taking: Taking): Promise<SharedAnswer> {
    return new Promise((answer) => {
      this.#asked.push({ ...taking, answer })
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
      for (const { answer } of asked) answer(ALLOWED)
    }
    const timer = setTimeout(allowed, TIMEOUT_MS)
    try {
      const keys = asked.map(({ key }) => `limit:${key}`)
      const terms = asked.flatMap((one) => [one.rate.burst, one.rate.perMinute / 60_000, one.wanted, one.debt])
      const answers = await this.#redis.takeTokens(asked.length, ...keys, Date.now(), ...terms)
      for (const [i, { answer }] of asked.entries())
        answer({ waitMs: answers[i] ?? 0, left: answers[asked.length + i] })
    } catch {
      // Redis is away.
      allowed()
    } finally {
      clearTimeout(timer)
    }
  }
}
