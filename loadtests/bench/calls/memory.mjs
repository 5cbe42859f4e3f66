import { newId } from '@beseda/kernel'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { RING_SECONDS } from '@beseda/rules'
import { startRedis } from '@beseda/testkit'
import { redisCallDocuments } from '../../../services/call/dist/adapters/redis/call-documents.js'
import { redisPersonalCalls } from '../../../services/call/dist/adapters/redis/personal-calls.js'
import { CallCommands } from '../../../services/call/dist/application/call-commands.js'
import { CallSessions } from '../../../services/call/dist/application/call-sessions.js'
import { CallUpkeep } from '../../../services/call/dist/application/call-upkeep.js'
import { LostCalls } from '../../../services/call/dist/application/lost-calls.js'
import { CALL_LIMIT } from '../../../services/call/dist/domain/session.js'

const AT_ONCE = 200

/**
 * Starts calls through the call service's own code on a separate Redis, with everybody in them, and a log that accepts everything.
 * Returns the memory that Redis uses for them, and the shortest and longest lifetime of its keys.
 * @param {number} count @param {number} people in each
 */
export async function memoryOfCalls(count, people) {
  const server = await startRedis()
  const redis = server.connect()
  const before = await usedMemory(redis)
  for (let done = 0; done < count; done += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, count - done) }, () => startOne(redis, people)))
  }
  const bytes = (await usedMemory(redis)) - before
  const ttls = await timesToLive(redis)
  redis.disconnect()
  await server.stop()
  return { bytes, ...ttls }
}

/** @param {import('ioredis').Redis} redis @param {number} people */
async function startOne(redis, people) {
  const [groupId, callId] = [newId(), newId()]
  const users = Array.from({ length: people }, () => ({ userId: newId(), deviceId: newId() }))
  const [caller, ...others] = users
  const calls = callsOf(
    redis,
    others.map(({ userId }) => userId),
  )
  const { signal } = new AbortController()
  if (!caller) return
  await calls.startCall({ commandId: callId, groupId, video: true, ring: true }, caller, Date.now(), signal)
  for (const other of others) await calls.joinCall(groupId, callId, other, { move: false }, Date.now(), signal)
}

/** @param {import('ioredis').Redis} redis @param {string[]} others */
function callsOf(redis, others) {
  const members = {
    membership: async () => ({
      role: Role.MEMBER,
      kind: GroupKind.GROUP,
      overrides: [],
      blocked: false,
      peerId: undefined,
    }),
    callees: async () => others,
    groupsOf: async () => [],
  }
  const log = { encode: () => new Uint8Array(), append: async () => undefined, unfinished: async () => [] }
  const nobody = { changed: () => undefined, muteRequested: () => undefined, keysCommitted: () => undefined }
  const observer = { happened: () => undefined, logFailed: () => undefined }
  const clock = { now: () => Date.now() }
  const rooms = { open: async () => undefined, drop: () => undefined, follow: async () => undefined }
  const noSfu = {
    settle: async (/** @type {any} */ session) => session,
    complained: async (/** @type {any} */ session) => session,
  }
  const documents = redisCallDocuments(redis, clock)
  const sessions = new CallSessions(documents, redisPersonalCalls(redis), log, nobody, observer, rooms)
  const rules = { ringMs: RING_SECONDS * 1_000, limits: { mesh: CALL_LIMIT, most: CALL_LIMIT } }
  const upkeep = new CallUpkeep(sessions, documents)
  return new CallCommands(sessions, new LostCalls(sessions, log, rooms, rules), upkeep, members, rooms, noSfu, rules)
}

/** @param {import('ioredis').Redis} redis */
async function usedMemory(redis) {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1])
}

/** Of all keys but the sorted set of deadlines. @param {import('ioredis').Redis} redis */
async function timesToLive(redis) {
  const keys = (await redis.keys('*')).filter((key) => key !== 'call-deadlines')
  let [leastTtlMs, mostTtlMs] = [Number.POSITIVE_INFINITY, 0]
  for (let at = 0; at < keys.length; at += 1_000) {
    const ttls = await Promise.all(keys.slice(at, at + 1_000).map((key) => redis.pttl(key)))
    leastTtlMs = Math.min(leastTtlMs, ...ttls)
    mostTtlMs = Math.max(mostTtlMs, ...ttls)
  }
  return { leastTtlMs, mostTtlMs }
}
