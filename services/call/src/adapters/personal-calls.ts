import { formatUuid, uuidBytes } from '@beseda/kernel'
import type { Redis } from 'ioredis'
import type { PersonalCalls } from '../application/ports.js'

/** Deletes the field only if it still names the group. */
const LEAVE = `if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end return 0`
/** Redis packs a hash of up to 128 small fields tightly: 40 bytes a person, where a key of their own takes 200. */
const SHARDS = 1_024

/**
 * The group by person, in hashes; each vanishes `ttlMs` after the last person in it has entered a call. It may name a call that is over,
 * never miss one that is not.
 */
export const redisPersonalCalls = (redis: Redis, ttlMs: number): PersonalCalls => ({
  async enter(userIds, groupId) {
    if (userIds.length === 0) return
    const entries = redis.multi()
    for (const userId of userIds) {
      const { key, field } = placeOf(userId)
      entries.hset(key, field, bytesOf(groupId)).pexpire(key, ttlMs)
    }
    await entries.exec()
  },
  async leave(userId, groupId) {
    const { key, field } = placeOf(userId)
    await redis.eval(LEAVE, 1, key, field, bytesOf(groupId))
  },
  find(userIds) {
    return Promise.all(
      userIds.map(async (userId) => {
        const { key, field } = placeOf(userId)
        const groupId = await redis.hgetBuffer(key, field)
        return groupId === null ? undefined : formatUuid(groupId)
      }),
    )
  },
})

/** The end of a UUIDv7 is random. */
const placeOf = (userId: string) => {
  const field = bytesOf(userId)
  return { key: `in-call:${field.readUInt16BE(14) % SHARDS}`, field }
}

const bytesOf = (id: string): Buffer => Buffer.from(uuidBytes(id))
