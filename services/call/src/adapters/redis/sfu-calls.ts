import type { Redis } from 'ioredis'
import type { SfuCalls } from '../../application/ports.js'
import { SESSION_TTL_MS } from './call-documents.js'

const KEY = 'sfu-calls'

/** The groups whose calls go through the SFU, in one set. */
export const redisSfuCalls = (redis: Redis): SfuCalls => ({
  async add(groupId) {
    await redis.multi().sadd(KEY, groupId).pexpire(KEY, SESSION_TTL_MS).exec()
  },
  async remove(groupId) {
    await redis.srem(KEY, groupId)
  },
  all: () => redis.smembers(KEY),
})
