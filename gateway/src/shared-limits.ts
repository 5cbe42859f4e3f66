import type { BucketRate } from '@beseda/kernel'
import type { Redis } from 'ioredis'

/** A token bucket of all gateways together. KEYS: the bucket; ARGV: burst, tokens a ms, now (ms). Answers the wait in ms. */
const TAKE = `
local burst, rate, now = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local kept = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = burst
if kept[1] then tokens = math.min(burst, tonumber(kept[1]) + math.max(0, now - tonumber(kept[2])) * rate) end
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = math.ceil((1 - tokens) / rate) end
redis.call('HSET', KEYS[1], 'tokens', tostring(tokens), 'at', tostring(now))
redis.call('PEXPIRE', KEYS[1], math.ceil(burst / rate))
return wait
`
/** Longer does a request not wait for Redis: limits guard against excess, not against an outage. */
const PATIENCE_MS = 250

/** Limits that hold however many gateways there are. Without Redis each gateway's own limits are left. */
export class SharedLimits {
  constructor(private readonly redis: Redis) {}

  /** Milliseconds to wait; 0: allowed, or Redis does not answer. */
  async take(key: string, { perMinute, burst }: BucketRate): Promise<number> {
    let timer: NodeJS.Timeout | undefined
    const patience = new Promise<number>((resolve) => {
      timer = setTimeout(() => resolve(0), PATIENCE_MS)
    })
    const asked = this.redis.eval(TAKE, 1, `limit:${key}`, burst, perMinute / 60_000, Date.now()).then(Number, () => 0)
    const waitMs = await Promise.race([asked, patience])
    clearTimeout(timer)
    return waitMs
  }
}
