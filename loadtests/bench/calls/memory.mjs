import { newId } from '@beseda/kernel'
import { RedisDeadlines, RedisDocuments } from '@beseda/platform'
import { Role } from '@beseda/proto/common/v1/roles'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { RING_SECONDS } from '@beseda/rules'
import { startRedis } from '@beseda/testkit'
import { redisPersonalCalls } from '../../../services/call/dist/adapters/personal-calls.js'
import { Calls } from '../../../services/call/dist/application/calls.js'
import { callDocuments, SESSION_TTL_MS, ttlOf } from '../../../services/call/dist/application/document.js'

const AT_ONCE = 200

/**
 * Starts calls through the call service's own code on a Redis of their own, with everybody in them; the history is not there.
 * Answers with what Redis holds for them, and the shortest and longest life of its keys.
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
  await calls.start({ id: callId, groupId, video: true, ring: true }, caller, Date.now(), signal)
  for (const other of others) await calls.join(groupId, callId, other, { move: false }, Date.now(), signal)
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
  const history = {
    entry: () => new Uint8Array(),
    unfinished: async () => [],
    flush: (/** @type {string} */ id) => written(redis, id),
  }
  return new Calls(
    documentsOf(redis),
    new RedisDeadlines(redis, 'call-deadlines'),
    redisPersonalCalls(redis, SESSION_TTL_MS),
    members,
    /** @type {any} */ (history),
    /** @type {any} */ ({ changed: () => undefined }),
    RING_SECONDS * 1_000,
  )
}

/** @param {import('ioredis').Redis} redis */
const documentsOf = (redis) => new RedisDocuments(redis, 'call:', ttlOf, callDocuments)

/** As when the log has taken everything. @param {import('ioredis').Redis} redis @param {string} groupId */
async function written(redis, groupId) {
  await documentsOf(redis).update(groupId, (document) => ({
    document: document && { ...document, pending: [] },
    result: undefined,
  }))
  return true
}

/** @param {import('ioredis').Redis} redis */
async function usedMemory(redis) {
  return Number(/used_memory:(\d+)/.exec(await redis.info('memory'))?.[1])
}

/** Of all keys but the one sorted set that the sweep keeps tidy. @param {import('ioredis').Redis} redis */
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
