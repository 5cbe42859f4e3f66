import type { Redis } from 'ioredis'
import type { PersonalCalls } from '../application/ports.js'

/** Deletes the key only if it still names the group. */
const LEAVE = `if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end return 0`

/** One Redis key a person; it may name a call that is over, never miss one that is not. */
export const redisPersonalCalls = (redis: Redis, ttlMs: number): PersonalCalls => ({
  async enter(userId, groupId) {
    await redis.set(keyOf(userId), groupId, 'PX', ttlMs)
  },
  async leave(userId, groupId) {
    await redis.eval(LEAVE, 1, keyOf(userId), groupId)
  },
  async find(userIds) {
    if (userIds.length === 0) return []
    return (await redis.mget(userIds.map(keyOf))).map((groupId) => groupId ?? undefined)
  },
})

const keyOf = (userId: string) => `in-call:${userId}`
