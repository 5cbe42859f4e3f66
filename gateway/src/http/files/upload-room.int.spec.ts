import { startRedis } from '@beseda/testkit'
import { Redis } from 'ioredis'
import { expect, onTestFinished, test } from 'vitest'
import { SharedLimits } from '../../requests/shared-limits.js'
import { UploadRoom } from './upload-room.js'

const MB = 1024 * 1024

async function sharedLimits(): Promise<SharedLimits> {
  const server = await startRedis()
  const redis = new Redis(server.url)
  onTestFinished(async () => {
    redis.disconnect()
    await server.stop()
  })
  await redis.ping()
  return new SharedLimits(redis)
}

/** A store that has `bytes`, and one more upload of a person. */
const stores = (bytes: number | undefined) => ({ bytes: async () => bytes })
const ok = async () => 'stored'

test('a person has a budget of bytes for a day, and nobody else pays for it', async () => {
  const shared = await sharedLimits()
  const bounds = { name: 'upload bytes', perDayBytes: 10 * MB, allBytes: undefined }
  // Two gateways.
  const [one, two] = [new UploadRoom(stores(0), shared, bounds), new UploadRoom(stores(0), shared, bounds)]
  expect(await one.during('ann', 6 * MB, ok)).toBe('stored')
  expect(await two.during('ann', 4 * MB, ok)).toBe('stored')
  await expect(one.during('ann', MB, ok)).rejects.toMatchObject({
    reason: 83,
    metadata: { limit: String(10 * MB) },
    // A tenth of the budget comes back in a tenth of a day.
    retryAfterMs: expect.closeTo(0.1 * 24 * 3_600_000, -6),
  })
  expect(await one.during('bob', 10 * MB, ok)).toBe('stored')
})

test('all files together have a bound, to which what is being stored counts', async () => {
  const shared = { take: async () => 0 }
  const bounds = { name: 'upload bytes', perDayBytes: 1_000 * MB, allBytes: 100 * MB }
  const room = new UploadRoom(stores(90 * MB), shared, bounds)
  const storing = Promise.withResolvers<string>()
  const first = room.during('ann', 8 * MB, () => storing.promise)
  await expect(room.during('bob', 3 * MB, ok)).rejects.toMatchObject({ reason: 84 })
  storing.resolve('stored')
  await first
  expect(await room.during('bob', 3 * MB, ok)).toBe('stored')
  await expect(new UploadRoom(stores(100 * MB), shared, bounds).during('ann', 1, ok)).rejects.toMatchObject({
    reason: 84,
  })
  // A bucket elsewhere does not say how full it is.
  expect(await new UploadRoom(stores(undefined), shared, bounds).during('ann', MB, ok)).toBe('stored')
})

test('what will stand beside it for a while has room, too', async () => {
  const bounds = { name: 'upload bytes', perDayBytes: 1_000 * MB, allBytes: 100 * MB }
  const room = new UploadRoom(stores(90 * MB), { take: async () => 0 }, bounds)
  expect(await room.during('ann', 2 * MB, ok, 8 * MB)).toBe('stored')
  await expect(room.during('ann', 2 * MB, ok, 9 * MB)).rejects.toMatchObject({ reason: 84 })
})
