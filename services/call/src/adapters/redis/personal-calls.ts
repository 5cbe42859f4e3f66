import { formatUuid, uuidBytes } from '@beseda/kernel'
import type { Redis } from 'ioredis'
import type { PersonalCalls } from '../../application/ports.js'
import { SESSION_TTL_MS } from './call-documents.js'

/** Deletes the field only if it still names the group. */
const LEAVE = `if redis.call('HGET', KEYS[1], ARGV[1]) == ARGV[2] then return redis.call('HDEL', KEYS[1], ARGV[1]) end return 0`
/** Redis packs a hash of up to 128 small fields: 40 bytes a person, where a key for each person takes 200. */
const SHARDS = 1_024

/**
 * The group of each person, in hashes that expire with the sessions. An entry may name a call that is over; no person who is in a call
 * lacks one.
 */
export const redisPersonalCalls = (redis: Redis): PersonalCalls => ({
  async enter(userIds, groupId) {
    if (userIds.length === 0) return
    const entries = redis.multi()
    for (const userId of userIds) {
      const { key, field } = hashOf(userId)
      entries.hset(key, field, bytesOf(groupId)).pexpire(key, SESSION_TTL_MS)
    }
    await entries.exec()
  },
  async leave(userId, groupId) {
    const { key, field } = hashOf(userId)
    await redis.eval(LEAVE, 1, key, field, bytesOf(groupId))
  },
  find(userIds) {
    return Promise.all(
      userIds.map(async (userId) => {
        const { key, field } = hashOf(userId)
        const groupId = await redis.hgetBuffer(key, field)
        return groupId === null ? undefined : formatUuid(groupId)
      }),
    )
  },
})

/** By the last bytes of the id: the end of a UUIDv7 is random. */
const hashOf = (userId: string) => {
  const field = bytesOf(userId)
  return { key: `in-call:${field.readUInt16BE(14) % SHARDS}`, field }
}

const bytesOf = (id: string): Buffer => Buffer.from(uuidBytes(id))
