import { createHash } from 'node:crypto'
import type { Redis } from 'ioredis'
import type { KeyGroup, KeyState, MediaKeys } from '../../application/ports.js'
import { SESSION_TTL_MS } from './call-documents.js'

/** Commits that are kept at least, if they are not huge. Fewer: whoever misses some begins anew by an external commit, which is one more for all. */
const KEPT = 32
/** Bytes of them. A device that is answered with them all gets a message of that size. */
const KEPT_BYTES = 128 * 1024

/** Answers with the newest epoch and the commits after ARGV[4], or, to who is in no epoch or when not all of them are kept, its group info. */
const ANSWER = `
  local function answer(accepted)
    local epoch, since, commits = tonumber(redis.call('HGET', key, 'epoch') or '0'), tonumber(ARGV[4]), {}
    for at = since + 1, epoch do
      local commit = redis.call('HGET', key, 'c' .. at)
      if not commit then commits = {} break end
      commits[#commits + 1] = commit
    end
    local follows = since > 0 and #commits == epoch - since
    return { accepted, epoch, not follows and redis.call('HGET', key, 'info') or '', commits }
  end`

/** Whose keys the document holds: a call has one room at a time, and no room comes back. */
const HEAD = `
  local key = KEYS[1]
  local call, generation = ARGV[1], tonumber(ARGV[2])
  local held = redis.call('HMGET', key, 'call', 'generation')
  local isSame = held[1] == call and tonumber(held[2]) == generation`

/** ARGV: call, generation, time to live in ms, epoch, commit, group info, digest of the request, how many are kept, how many bytes. */
const COMMIT = `${HEAD}${ANSWER}
  if held[1] == call and tonumber(held[2]) > generation then return { 0, 0, '', {} } end
  local epoch = isSame and tonumber(redis.call('HGET', key, 'epoch')) or 0
  local at = tonumber(ARGV[4])
  if epoch > at and redis.call('HGET', key, 'd' .. (at + 1)) == ARGV[7] then return answer(1) end
  if epoch ~= at then
    if isSame then return answer(0) end
    return { 0, 0, '', {} }
  end
  if not isSame then redis.call('DEL', key) end
  local next = at + 1
  redis.call('HSET', key, 'call', call, 'generation', generation, 'epoch', next, 'info', ARGV[6], 'c' .. next, ARGV[5], 'd' .. next, ARGV[7])
  redis.call('PEXPIRE', key, ARGV[3])
  local bytes, kept = 0, 0
  for old = next, 1, -1 do
    local length = redis.call('HSTRLEN', key, 'c' .. old)
    if redis.call('HEXISTS', key, 'c' .. old) == 0 then break end
    bytes, kept = bytes + length, kept + 1
    if old < next and (kept > tonumber(ARGV[8]) or bytes > tonumber(ARGV[9])) then redis.call('HDEL', key, 'c' .. old, 'd' .. old) end
  end
  return { 1, next, '', {} }`

/** ARGV: call, generation, unused, the epoch of whoever asks. */
const SINCE = `${HEAD}${ANSWER}
  if not isSame then return { 0, 0, '', {} } end
  return answer(0)`

/** Key states in Redis, one hash for each group. A step is one script: of several of one epoch the first counts. */
export const redisMediaKeys = (redis: Redis): MediaKeys => ({
  async commit(group, { epoch, commit, groupInfo }) {
    const request = [SESSION_TTL_MS, epoch, bytesOf(commit), bytesOf(groupInfo), digestOf(commit, groupInfo)]
    const [accepted, state] = await run(redis, COMMIT, group, [...request, KEPT, KEPT_BYTES])
    return { accepted, state }
  },
  async since(group, epoch) {
    const [, state] = await run(redis, SINCE, group, ['', epoch])
    return state
  },
  async forget(groupId) {
    await redis.del(keyOf(groupId))
  },
})

async function run(
  redis: Redis,
  script: string,
  { groupId, callId, generation }: KeyGroup,
  args: readonly (string | number | Buffer)[],
): Promise<readonly [boolean, KeyState]> {
  const answer = await redis.callBuffer('EVAL', script, 1, keyOf(groupId), callId, generation, ...args)
  const [accepted, epoch, groupInfo, commits] = answer as [number, number, Buffer, Buffer[]]
  const first = epoch - commits.length + 1
  const kept = commits.map((commit, i) => ({ generation, epoch: first + i, commit }))
  return [accepted === 1, { epoch, commits: kept, groupInfo }]
}

/** By which a repeat is recognized: also that of the founding one, whose commit is empty. */
const digestOf = (commit: Uint8Array, groupInfo: Uint8Array): Buffer =>
  createHash('sha256').update(`${commit.length}.`).update(commit).update(groupInfo).digest()

const bytesOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
const keyOf = (groupId: string): string => `call-keys:${groupId}`
