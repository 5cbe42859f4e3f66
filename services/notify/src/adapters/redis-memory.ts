import type { Redis } from 'ioredis'
import type { Memory } from '../application/ports.js'

/** A notification that nobody looked at for so long is not taken away any more. */
const SHOWN_MS = 48 * 3_600_000

/** What replicas tell each other through Redis. Without it somebody is told once too often, and a notification stays. */
export const redisMemory = (redis: Redis): Memory => ({
  async claim(userId, groupId, ms) {
    const key = `notify-pause:${userId}:${groupId}`
    const first = (await redis.set(key, '1', 'PX', ms, 'NX')) === 'OK'
    return { first, leftMs: first ? ms : Math.max(1, await redis.pttl(key)) }
  },
  async shown(userId, groupId, sessionIds) {
    const key = `notify-shown:${userId}:${groupId}`
    await redis
      .multi()
      .sadd(key, ...sessionIds)
      .pexpire(key, SHOWN_MS)
      .exec()
  },
  async takeShown(userId, groupId) {
    const key = `notify-shown:${userId}:${groupId}`
    const [[, shown] = [null, []]] = (await redis.multi().smembers(key).del(key).exec()) ?? []
    return shown as string[]
  },
})
