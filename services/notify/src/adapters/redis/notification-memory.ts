import type { Redis } from 'ioredis'
import type { MessageChange, NotificationMemory, Notified } from '../../application/ports.js'

/** How long a notification that nobody looked at can still be removed. */
const SHOWN_MS = 48 * 3_600_000
/** Notified messages remembered for a person and group: a device shows the text of the newest few only. */
const MAX_NOTIFIED = 64
/** Longer than a notification is held back, and longer than a call rings, however slow the replica. */
const NOTE_MS = 60_000

/** What replicas tell each other through Redis. */
export const redisNotificationMemory = (redis: Redis): NotificationMemory => ({
  async claim(userId, id, ms) {
    const key = `notify-pause:${userId}:${id}`
    const first = (await redis.set(key, '1', 'PX', ms, 'NX')) === 'OK'
    return { first, leftMs: first ? ms : Math.max(1, await redis.pttl(key)) }
  },
  async noteChange(messageId, change) {
    await redis.set(`notify-change:${messageId}`, JSON.stringify(change), 'PX', NOTE_MS)
  },
  async changeOf(messageId) {
    const change = await redis.get(`notify-change:${messageId}`)
    return change === null ? undefined : (JSON.parse(change) as MessageChange)
  },
  async noteCallOver(userId, callId) {
    await redis.set(`notify-call-over:${userId}:${callId}`, '1', 'PX', NOTE_MS)
  },
  async isCallOver(userId, callId) {
    return (await redis.exists(`notify-call-over:${userId}:${callId}`)) === 1
  },
  async noteRead(userId, groupId, seq) {
    await redis.set(`notify-read:${userId}:${groupId}`, String(seq), 'PX', NOTE_MS)
  },
  async readUpTo(userId, groupId) {
    return Number((await redis.get(`notify-read:${userId}:${groupId}`)) ?? 0)
  },
  async noteShown(userId, id, sessionIds) {
    const key = shownKey(userId, id)
    await redis
      .multi()
      .sadd(key, ...sessionIds)
      .pexpire(key, SHOWN_MS)
      .exec()
  },
  async takeShown(userId, id) {
    const key = shownKey(userId, id)
    const [[, shown] = [null, []]] =
      (await redis.multi().smembers(key).del(key).del(notifiedKey(userId, id)).exec()) ?? []
    return shown as string[]
  },
  async noteNotified(userId, groupId, messageId) {
    const key = notifiedKey(userId, groupId)
    await redis
      .multi()
      .lpush(key, messageId)
      .ltrim(key, 0, MAX_NOTIFIED - 1)
      .pexpire(key, SHOWN_MS)
      .exec()
  },
  async notifiedOf(userIds, groupId, messageId) {
    const requests = redis.pipeline()
    for (const userId of userIds) requests.lpos(notifiedKey(userId, groupId), messageId)
    const answers = (await requests.exec()) ?? []
    return userIds.filter((_, i) => typeof answers[i]?.[1] === 'number')
  },
  async takeNotified(userIds, groupId, messageId) {
    const requests = redis.pipeline()
    for (const userId of userIds) {
      const key = notifiedKey(userId, groupId)
      requests.lindex(key, 0).lrem(key, 0, messageId)
    }
    const answers = (await requests.exec()) ?? []
    return userIds.flatMap((userId, i): Notified[] => {
      const [newest, removed] = [answers[2 * i]?.[1], answers[2 * i + 1]?.[1]]
      return Number(removed) > 0 ? [{ userId, newest: newest === messageId }] : []
    })
  },
})

const shownKey = (userId: string, id: string): string => `notify-shown:${userId}:${id}`
/** Unread messages of the group that the person was notified of, the newest first. */
const notifiedKey = (userId: string, groupId: string): string => `notify-told:${userId}:${groupId}`
