import { startRedis, type TestRedis } from '@beseda/testkit'
import type { Redis } from 'ioredis'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { RedisDocuments } from './documents.js'

interface Counter {
  readonly count: number
  readonly dueAt?: number
}

let server: TestRedis
let redis: Redis
beforeAll(async () => {
  server = await startRedis()
  redis = server.connect()
})
beforeEach(async () => {
  await redis.flushall()
})
afterAll(async () => {
  redis?.disconnect()
  await server?.stop()
})

const options = { prefix: 'counter:', ttlMs: 60_000 }
const counters = () => new RedisDocuments<Counter>(redis, options)
const add = (before: Counter | undefined) => ({ document: { count: (before?.count ?? 0) + 1 }, result: before?.count })

describe('documents', () => {
  test('are read as they were written, one or many, and expire', async () => {
    const documents = counters()
    expect(await documents.get('a')).toBeUndefined()
    expect(await documents.update('a', add)).toEqual({ document: { count: 1 }, result: undefined })
    expect(await documents.get('a')).toEqual({ count: 1 })
    expect(await documents.getMany(['b', 'a'])).toEqual([undefined, { count: 1 }])
    expect(await documents.getMany([])).toEqual([])
    expect(await redis.pttl('counter:a')).toBeGreaterThan(50_000)
  })

  test('that are changed at once take every change', async () => {
    const other = server.connect()
    const theirs = new RedisDocuments<Counter>(other, options)
    await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? counters() : theirs).update('a', add)))
    other.disconnect()
    expect(await counters().get('a')).toEqual({ count: 20 })
  })

  test('stay as they are when a change throws or returns them unchanged', async () => {
    const documents = counters()
    await documents.update('a', add)
    await redis.pexpire('counter:a', 1_000)
    const refused = documents.update('a', () => {
      throw new Error('refused')
    })
    await expect(refused).rejects.toThrow('refused')
    expect(await documents.update('a', (document) => ({ document, result: 7 }))).toMatchObject({ result: 7 })
    expect(await documents.get('a')).toEqual({ count: 1 })
    expect(await redis.pttl('counter:a')).toBeLessThanOrEqual(1_000)
  })

  test('are deleted by a change to nothing', async () => {
    const documents = counters()
    await documents.update('a', add)
    await documents.update('a', () => ({ document: undefined, result: undefined }))
    expect(await redis.exists('counter:a')).toBe(0)
  })

  test('have a life and a stored form of their own', async () => {
    const codec = {
      encode: ({ count }: Counter) => Uint8Array.of(count),
      decode: ([count = 0]: Uint8Array) => ({ count }),
    }
    const documents = new RedisDocuments<Counter>(redis, { ...options, codec, ttlMs: ({ count }) => count * 1_000 })
    await documents.update('a', () => ({ document: { count: 7 }, result: undefined }))
    expect(await redis.getBuffer('counter:a')).toEqual(Buffer.of(7))
    expect(await redis.pttl('counter:a')).toBeLessThanOrEqual(7_000)
    expect(await documents.get('a')).toEqual({ count: 7 })
  })
})

describe('deadlines', () => {
  const scheduled = () =>
    new RedisDocuments<Counter>(redis, { ...options, deadlines: { name: 'due', dueAt: ({ dueAt }) => dueAt } })
  const set = (key: string, dueAt: number | undefined) =>
    scheduled().update(key, () => ({
      document: { count: 0, ...(dueAt === undefined ? {} : { dueAt }) },
      result: undefined,
    }))

  test('follow the document: set, moved and removed with it', async () => {
    await set('a', 100)
    await set('b', 200)
    expect(await scheduled().due(150)).toEqual(['a'])
    expect(await scheduled().scheduled()).toBe(2)
    await set('a', 300)
    expect(await scheduled().due(250)).toEqual(['b'])
    await set('b', undefined)
    await scheduled().update('a', () => ({ document: undefined, result: undefined }))
    expect(await scheduled().scheduled()).toBe(0)
  })

  test('after changes at once are those of the document that is left', async () => {
    for (let round = 0; round < 20; round++) {
      await Promise.all([set('a', 100), set('a', undefined), set('a', 300)])
      const document = await scheduled().get('a')
      const score = await redis.zscore('due', 'a')
      expect(score === null ? undefined : Number(score)).toBe(document?.dueAt)
    }
  })

  test('are put right by settling: of a document that has expired, and where the set is wrong', async () => {
    await set('a', 100)
    await set('b', 200)
    await redis.del('counter:a')
    await redis.zadd('due', 1, 'b')
    await scheduled().settle('a')
    await scheduled().settle('b')
    expect(await redis.zrange('due', '0', '-1', 'WITHSCORES')).toEqual(['b', '200'])
    expect(await scheduled().get('b')).toEqual({ count: 0, dueAt: 200 })
  })

  test('exist only where they are asked for', async () => {
    await counters().update('a', add)
    expect([await counters().due(1e15), await counters().scheduled()]).toEqual([[], 0])
  })
})
