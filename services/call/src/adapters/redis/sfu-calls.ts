import type { Redis } from 'ioredis'
import type { LeftRoom, SfuCalls } from '../../application/ports.js'
import { SESSION_TTL_MS } from './call-documents.js'

const KEY = 'sfu-calls'
const LEFT = 'sfu-left'

/** The groups whose calls go through the SFU, in one set; the rooms that calls have left, in one hash: when each is to be closed. */
export const redisSfuCalls = (redis: Redis): SfuCalls => ({
  async add(groupId) {
    await redis.multi().sadd(KEY, groupId).pexpire(KEY, SESSION_TTL_MS).exec()
  },
  async remove(groupId) {
    await redis.srem(KEY, groupId)
  },
  all: () => redis.smembers(KEY),
  async keep(room) {
    await redis.multi().hset(LEFT, nameOf(room), room.until).pexpire(LEFT, SESSION_TTL_MS).exec()
  },
  async forget(room) {
    await redis.hdel(LEFT, nameOf(room))
  },
  async left() {
    return Object.entries(await redis.hgetall(LEFT)).map(([name, until]) => roomFrom(name, Number(until)))
  },
})

const nameOf = ({ groupId, callId, generation, node }: LeftRoom): string =>
  [groupId, callId, generation, node].join(' ')

function roomFrom(name: string, until: number): LeftRoom {
  const [groupId = '', callId = '', generation, node = ''] = name.split(' ')
  return { groupId, callId, generation: Number(generation), node, until }
}
