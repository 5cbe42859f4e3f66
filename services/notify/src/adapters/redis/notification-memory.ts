import type { Redis } from 'ioredis'
import type { Change, Memory, Told } from '../application/ports.js'

/** A notification that nobody looked at for so long is not taken away any more. */
const SHOWN_MS = 48 * 3_600_000
/** Of one group a device shows the newest text, and counts the others. */
const MAX_TOLD = 64

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
  async read(userId, groupId, seq) {
    await redis.set(`notify-read:${userId}:${groupId}`, String(seq), 'PX', CHANGE_MS)
  },
  async readUpTo(userId, groupId) {
    return Number((await redis.get(`notify-read:${userId}:${groupId}`)) ?? 0)
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
    const [[, shown] = [null, []]] =
      (await redis.multi().smembers(key).del(key).del(toldKey(userId, groupId)).exec()) ?? []
    return shown as string[]
  },
  async told(userId, groupId, messageId) {
    const key = toldKey(userId, groupId)
    await redis
      .multi()
      .lpush(key, messageId)
      .ltrim(key, 0, MAX_TOLD - 1)
      .pexpire(key, SHOWN_MS)
      .exec()
  },
  async whoWasTold(userIds, groupId, messageId) {
    const asking = redis.pipeline()
    for (const userId of userIds) asking.lpos(toldKey(userId, groupId), messageId)
    const answers = (await asking.exec()) ?? []
    return userIds.filter((_, i) => typeof answers[i]?.[1] === 'number')
  },
  async takeTold(userIds, groupId, messageId) {
    const asking = redis.pipeline()
    for (const key of userIds.map((userId) => toldKey(userId, groupId))) asking.lindex(key, 0).lrem(key, 0, messageId)
    const answers = (await asking.exec()) ?? []
    return userIds.flatMap((userId, i): Told[] => {
      const [newest, removed] = [answers[2 * i]?.[1], answers[2 * i + 1]?.[1]]
      return Number(removed) > 0 ? [{ userId, newest: newest === messageId }] : []
    })
  },
})

/** Messages of the group that the person was told and has not read, the newest first. */
const toldKey = (userId: string, groupId: string): string => `notify-told:${userId}:${groupId}`
