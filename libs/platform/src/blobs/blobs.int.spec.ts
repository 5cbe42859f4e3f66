import { newId } from '@beseda/kernel'
import { filesWith, startBucket, startNats, type TestBucket, type TestNats } from '@beseda/testkit'
import type { NatsConnection } from '@nats-io/transport-node'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { setUpLog } from '../log/setup.js'
import { openBlobs, readS3Config } from './open.js'
import { type BlobStore, streamOf } from './port.js'

/** The bucket that the environment names; otherwise one of the testkit, in memory. */
const s3 = process.env.FILES_S3_URL ? process.env : undefined

let nats: TestNats
let connection: NatsConnection
let bucket: TestBucket
beforeAll(async () => {
  bucket = await startBucket()
  nats = await startNats({ config: 'production' })
  const admin = await nats.connect('admin')
  await setUpLog(admin, { partitions: 1, replicas: 1 })
  await admin.close()
  connection = await nats.connect('group')
})
afterAll(async () => {
  await connection?.close()
  await nats?.stop()
  await bucket?.stop()
})

const inBucket = () => ({
  FILES_S3_URL: `${bucket.endpoint}/beseda`,
  FILES_S3_ACCESS_KEY: bucket.accessKey,
  FILES_S3_SECRET_KEY: bucket.secretKey,
})

const noise = (length: number) => new Uint8Array(length).map((_, i) => (i * 31 + (i >> 8)) % 251)
const bytesOf = async (stream: ReadableStream<Uint8Array> | undefined) =>
  stream && new Uint8Array(await new Response(stream as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer())
/** A stream in pieces, which breaks after so many of them. */
const pieces = (bytes: Uint8Array, size: number, breakAfter = Number.POSITIVE_INFINITY): ReadableStream<Uint8Array> => {
  let at = 0
  return new ReadableStream({
    pull(controller) {
      if (at / size >= breakAfter) {
        controller.error(new Error('cut'))
        return
      }
      controller.enqueue(bytes.subarray(at, at + size))
      at += size
      if (at >= bytes.length) controller.close()
    },
  })
}

/** What every adapter must do. */
describe.each([
  ['JetStream', () => ({})],
  ['S3', () => s3 ?? inBucket()],
] as const)('%s keeps the contract of blobs', (_, env) => {
  let blobs: BlobStore
  beforeAll(async () => {
    blobs = await openBlobs(connection, readS3Config(env()))
  })

  test.each([0, 1, 100_000, 20_000_000])(
    '%i bytes come back as they were, with what is known of them',
    async (length) => {
      const [name, bytes] = [newId(), noise(length)]
      const metadata = { user: 'ann', note: 'кот на окне' }
      await blobs.put(name, pieces(bytes, 64 * 1024), metadata)
      expect(await blobs.info(name)).toMatchObject({ name, size: length, metadata })
      expect(Buffer.compare((await bytesOf(await blobs.read(name))) ?? new Uint8Array([1]), bytes)).toBe(0)
      expect((await blobs.list()).find((blob) => blob.name === name)).toMatchObject({ size: length })
    },
  )

  test('a part is a part', async () => {
    const [name, bytes] = [newId(), noise(500_000)]
    await blobs.put(name, streamOf(bytes), {})
    expect(await bytesOf(await blobs.read(name, { start: 130_000, end: 300_000 }))).toEqual(
      bytes.slice(130_000, 300_001),
    )
    expect(await bytesOf(await blobs.read(name, { start: 499_999, end: 499_999 }))).toEqual(bytes.slice(499_999))
  })

  test('metadata is replaced, and the bytes stay', async () => {
    const name = newId()
    await blobs.put(name, streamOf(noise(1_000)), { user: 'ann' })
    await blobs.describe(name, { user: 'ann', file: '{"name":"кот.png"}' })
    expect(await blobs.info(name)).toMatchObject({
      size: 1_000,
      metadata: { user: 'ann', file: '{"name":"кот.png"}' },
    })
    expect(await bytesOf(await blobs.read(name))).toEqual(noise(1_000))
  })

  test('what is deleted, or never was, is not there', async () => {
    const name = newId()
    await blobs.put(name, streamOf(noise(10)), {})
    await blobs.delete(name)
    await blobs.delete(name)
    expect(await blobs.info(name)).toBeUndefined()
    expect(await blobs.read(newId())).toBeUndefined()
  })

  test('a stream that breaks leaves nothing', async () => {
    const name = newId()
    await expect(blobs.put(name, pieces(noise(20_000_000), 64 * 1024, 200), {})).rejects.toThrow('cut')
    expect(await blobs.info(name)).toBeUndefined()
    expect((await blobs.list()).map((blob) => blob.name)).not.toContain(name)
    await blobs.sweepRemains()
  })
})

test('JetStream keeps nothing of a deleted blob on its disk, neither bytes nor metadata', async () => {
  const blobs = await openBlobs(connection, undefined)
  const [name, content, note] = [newId(), newId(), newId()]
  const left = () => filesWith(nats.folder, [name, content, note])
  await blobs.put(name, streamOf(new TextEncoder().encode(`${content} `.repeat(20_000))), { note })
  expect((await left()).length).toBeGreaterThan(0)
  await blobs.delete(name)
  expect(await left()).toEqual([])
})
