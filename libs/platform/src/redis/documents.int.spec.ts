import { startRedis, type TestRedis } from '@beseda/testkit'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { RedisDeadlines, RedisDocuments } from './documents.js'

interface Counter {
  readonly count: number
}

let server: TestRedis
let redis: Redis
beforeAll(async () => {
  server = await startRedis()
  redis = new Redis(server.url)
})
afterAll(async () => {
  redis?.disconnect()
  await server?.stop()
})

let names = 0
const documents = (ttlMs: number | ((document: Counter) => number) = 60_000) =>
  new RedisDocuments<Counter>(redis, `test-${++names}:`, ttlMs)
const increment = (document: Counter | undefined) => ({
  document: { count: (document?.count ?? 0) + 1 },
  result: 'done',
})

test('a document is what the last change has made of it', async () => {
  const counters = documents()
  expect(await counters.get('a')).toBeUndefined()
  expect(await counters.update('a', increment)).toEqual({ document: { count: 1 }, result: 'done' })
  await counters.update('a', increment)
  await counters.update('b', increment)
  expect(await counters.getMany(['a', 'missing', 'b'])).toEqual([{ count: 2 }, undefined, { count: 1 }])
  expect(await counters.getMany([])).toEqual([])
})

test('no change is lost when many processes change a document at once', async () => {
  const counters = documents()
  const other = new Redis(server.url)
  const [prefix] = [`test-${names}:`]
  const theirs = new RedisDocuments<Counter>(other, prefix, 60_000)
  await Promise.all(Array.from({ length: 20 }, (_, i) => (i % 2 ? counters : theirs).update('a', increment)))
  expect(await counters.get('a')).toEqual({ count: 20 })
  other.disconnect()
})

test('a change that throws, or returns what it was given, leaves the document and its life as they are', async () => {
  const counters = documents()
  await counters.update('a', increment)
  await redis.pexpire(`test-${names}:a`, 1_000)
  await expect(
    counters.update('a', () => {
      throw new Error('no')
    }),
  ).rejects.toThrow('no')
  expect(await counters.update('a', (document) => ({ document, result: 7 }))).toMatchObject({ result: 7 })
  expect(await counters.get('a')).toEqual({ count: 1 })
  expect(await redis.pttl(`test-${names}:a`)).toBeLessThanOrEqual(1_000)
})

test('undefined deletes a document; its life depends on what is in it', async () => {
  const counters = documents(({ count }) => count * 1_000_000)
  await counters.update('a', increment)
  await counters.update('a', increment)
  expect(await redis.pttl(`test-${names}:a`)).toBeGreaterThan(1_000_000)
  await counters.update('a', () => ({ document: undefined, result: undefined }))
  expect(await redis.exists(`test-${names}:a`)).toBe(0)
})

test('deadlines are due in their order, until they are removed', async () => {
  const deadlines = new RedisDeadlines(redis, 'test-deadlines')
  await deadlines.set('late', 300)
  await deadlines.set('early', 100)
  await deadlines.set('middle', 200)
  expect(await deadlines.size()).toBe(3)
  expect(await deadlines.due(200)).toEqual(['early', 'middle'])
  await deadlines.set('early', 400)
  await deadlines.set('middle', undefined)
  expect(await deadlines.due(300)).toEqual(['late'])
  expect(await deadlines.size()).toBe(2)
})
