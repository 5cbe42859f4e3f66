import { startRedis } from '@beseda/testkit'
import { Redis } from 'ioredis'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Credit } from './credit.js'
import { SharedLimits, type Taking } from './shared-limits.js'

/** So slow that nothing comes back during a test. */
const RATE = { perMinute: 0.001, burst: 20 }
const HALF = RATE.burst / 2

let server: Awaited<ReturnType<typeof startRedis>>
let redis: Redis
beforeAll(async () => {
  server = await startRedis()
  redis = new Redis(server.url)
  await redis.ping()
})
afterAll(async () => {
  redis?.disconnect()
  await server?.stop()
})

/** A gateway; `asked`: what it has asked Redis; `report` is what its timer does; `pass` lets its clock go on. */
function gateway() {
  const shared = new SharedLimits(redis)
  const asked: Taking[] = []
  const answers: Promise<unknown>[] = []
  let [now, timers] = [0, 0]
  const ask = (taking: Taking) => {
    asked.push(taking)
    const answer = shared.ask(taking)
    answers.push(answer)
    return answer
  }
  const credit = new Credit({ ask, now: () => now, after: () => void timers++ })
  const report = async () => {
    credit.report()
    await Promise.all(answers)
  }
  const take = async (key: string, times = 1) => {
    const waits = []
    for (let i = 0; i < times; i++) waits.push(await credit.take(key, RATE))
    return waits.filter((ms) => ms === 0).length
  }
  const pass = (ms: number) => {
    now += ms
  }
  return { asked, report, take, timers: () => timers, pass }
}

test('who has plenty left is allowed at once, and everybody is reported with one timer', async () => {
  const one = gateway()
  expect(await one.take('ann', 5)).toBe(5)
  expect(await one.take('bob', 3)).toBe(3)
  expect([one.asked.map(({ key, wanted }) => [key, wanted]), one.timers()]).toEqual([
    [
      ['ann', 1],
      ['bob', 1],
    ],
    1,
  ])
  await one.report()
  expect(one.asked.slice(2).map(({ key, wanted }) => [key, wanted])).toEqual([
    ['ann', 4],
    ['bob', 2],
  ])
})

test('one gateway allows exactly the burst', async () => {
  const one = gateway()
  expect(await one.take('carol', 2 * RATE.burst)).toBe(RATE.burst)
})

test('what one gateway has allowed counts at another as soon as it is reported', async () => {
  const [one, two] = [gateway(), gateway()]
  expect(await one.take('dan', HALF)).toBe(HALF)
  await one.report()
  expect(await two.take('dan', RATE.burst)).toBe(HALF)
})

test('what several gateways allow too much at the same moment is owed, and paid back before anything else is allowed', async () => {
  const gateways = [gateway(), gateway(), gateway()]
  for (const each of gateways) expect(await each.take('eve')).toBe(1)
  for (const each of gateways) expect(await each.take('eve', HALF - 3)).toBe(HALF - 3)
  for (const each of gateways) await each.report()
  const allowed = 3 * (HALF - 2)
  expect(allowed).toBeGreaterThan(RATE.burst)
  expect(Number(await redis.hget('limit:eve', 'tokens'))).toBeCloseTo(RATE.burst - allowed, 1)
  for (const each of gateways) expect(await each.take('eve')).toBe(0)
  // The debt is remembered until it is paid, and the bucket full again.
  const toFullMs = (allowed / RATE.perMinute) * 60_000
  expect(await redis.pttl('limit:eve')).toBeGreaterThan(0.99 * toFullMs)
})

test('what Redis said long ago is not believed', async () => {
  const [one, two] = [gateway(), gateway()]
  expect(await one.take('fay')).toBe(1)
  expect(await two.take('fay', RATE.burst)).toBe(RATE.burst - 1)
  one.pass(10_001)
  expect(await one.take('fay')).toBe(0)
})

test('without Redis nobody is stopped', async () => {
  const allowed = new Credit({
    ask: async () => ({ waitMs: 0, left: undefined }),
    now: () => 0,
    after: () => undefined,
  })
  for (let i = 0; i < 3 * RATE.burst; i++) expect(await allowed.take('gil', RATE)).toBe(0)
})
