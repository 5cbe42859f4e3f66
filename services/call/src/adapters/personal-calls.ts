import type { Redis } from 'ioredis'
import type { PersonalCalls } from '../application/calls.js'

/** One Redis set a person; it may name calls that are over, never miss one that is not. */
export const redisPersonalCalls = (redis: Redis, ttlMs: number): PersonalCalls => ({
  async add(userId, groupId) {
    await redis.multi().sadd(`calls-of:${userId}`, groupId).pexpire(`calls-of:${userId}`, ttlMs).exec()
  },
  async remove(userId, groupId) {
    await redis.srem(`calls-of:${userId}`, groupId)
  },
  list: (userId) => redis.smembers(`calls-of:${userId}`),
})
