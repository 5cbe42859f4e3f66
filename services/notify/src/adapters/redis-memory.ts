import type { Redis } from 'ioredis'
import type { Change, Memory } from '../application/ports.js'

/** A notification that nobody looked at for so long is not taken away any more. */
const SHOWN_MS = 48 * 3_600_000

/** Longer than a push is held, however slow the replica that holds it. */
const CHANGE_MS = 60_000

/** What replicas tell each other through Redis. Without it somebody is told once too often, and a notification stays. */
export const redisMemory = (redis: Redis): Memory => ({
  async claim(userId, groupId, ms) {
    const key = `notify-pause:${userId}:${groupId}`
    const first = (await redis.set(key, '1', 'PX', ms, 'NX')) === 'OK'
    return { first, leftMs: first ? ms : Math.max(1, await redis.pttl(key)) }
  },
  async change(messageId, change) {
    await redis.set(`notify-change:${messageId}`, JSON.stringify(change), 'PX', CHANGE_MS)
  },
  async changeOf(messageId) {
    const change = await redis.get(`notify-change:${messageId}`)
    return change === null ? undefined : (JSON.parse(change) as Change)
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
