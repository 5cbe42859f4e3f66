import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { JetStreamEventStore } from '@beseda/event-log'
import { setUpLog } from '@beseda/platform'
import { historyStream, historySubject } from '@beseda/proto'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { startBucket, startNats } from '@beseda/testkit'
import { create } from '@bufbuild/protobuf'
import { expect, onTestFinished, test } from 'vitest'
import { backUp } from './backup.mjs'
import { copyToBucket, fetchFromBucket, listBucket } from './bucket.mjs'
import { restoreAll } from './restore.mjs'

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'beseda-bucket-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}

async function logOf(text: string) {
  const nats = await startNats()
  onTestFinished(() => nats.stop())
  const bus = await nats.connect()
  onTestFinished(() => bus.close())
  if (!text) return bus
  await setUpLog(bus, { partitions: 1, replicas: undefined })
  const store = await JetStreamEventStore.open(bus)
  await store.append({
    stream: historyStream(0),
    subject: historySubject(0, 'g', 'messages'),
    commit: create(CommitSchema, { id: text }),
  })
  return bus
}

async function place() {
  const bucket = await startBucket()
  onTestFinished(() => bucket.stop())
  const env = {
    BACKUP_S3_ENDPOINT: bucket.endpoint,
    BACKUP_S3_ACCESS_KEY: bucket.accessKey,
    BACKUP_S3_SECRET_KEY: bucket.secretKey,
  }
  return { bucket, env, address: 's3://beseda/nightly' }
}
const at = (second: number) => new Date(Date.UTC(2026, 0, 31, 3, 17, second))

test('a backup goes into a bucket, and comes back from it into an empty installation', async () => {
  const { env, address } = await place()
  const bus = await logOf('hello')
  const made = await backUp(bus, await folder(), { copy: (one) => copyToBucket(one, address, { env }) })

  expect(await listBucket(address, env)).toEqual([basename(made)])
  const fetched = await fetchFromBucket(`${address}/${basename(made)}`, await folder(), env)
  expect(await readdir(fetched)).toEqual(await readdir(made))
  const other = await logOf('')
  await restoreAll(other, fetched)
  const store = await JetStreamEventStore.open(other)
  const [found] = await store.read(historyStream(0), { afterSeq: 0, limit: 1 })
  expect(found && Buffer.from(found.bytes).includes('hello')).toBe(true)
})

test('the bucket keeps as many as it shall, and nothing of the others', async () => {
  const { bucket, env, address } = await place()
  const bus = await logOf('hello')
  const target = await folder()
  const names: string[] = []
  for (const second of [1, 2, 3])
    names.push(
      basename(
        await backUp(bus, target, { now: at(second), copy: (one) => copyToBucket(one, address, { keep: 2, env }) }),
      ),
    )
  expect(await listBucket(address, env)).toEqual(names.slice(1))
  expect([...bucket.objects.keys()].filter((name) => name.includes(names[0] ?? ''))).toEqual([])
})

test('what is not whole is no backup: one without its manifest, one with a damaged file', async () => {
  const { bucket, env, address } = await place()
  const made = await backUp(await logOf('hello'), await folder(), {
    copy: (one) => copyToBucket(one, address, { env }),
  })
  const name = basename(made)
  await writeFile(join(made, 'IDENTITY.snapshot'), 'other')
  await expect(copyToBucket(made, address, { env })).rejects.toThrow('IDENTITY.snapshot of')
  for (const [file, message] of [
    ['IDENTITY.snapshot', 'is damaged'],
    ['manifest.json', 'it has no manifest.json'],
  ] as const) {
    const url = `${bucket.endpoint}/beseda/nightly/${name}/${file}`
    const headers = { authorization: `AWS4-HMAC-SHA256 Credential=${bucket.accessKey}/` }
    await fetch(
      url,
      file === 'manifest.json' ? { method: 'DELETE', headers } : { method: 'PUT', headers, body: 'other' },
    )
    const target = await folder()
    await expect(fetchFromBucket(`${address}/${name}`, target, env)).rejects.toThrow(message)
    expect((await readdir(target)).filter((one) => one === name)).toEqual([])
  }
  expect(await listBucket(address, env)).toEqual([])
})

test('a copy that fails leaves the backup unrecorded, so that the alert tells of it', async () => {
  const { env, address } = await place()
  const bus = await logOf('hello')
  const wrong = { ...env, BACKUP_S3_ACCESS_KEY: 'another' }
  await expect(
    backUp(bus, await folder(), { copy: (one) => copyToBucket(one, address, { env: wrong }) }),
  ).rejects.toThrow('403')
  const { jetstreamManager } = await import('@nats-io/jetstream')
  const { config } = await (await jetstreamManager(bus)).streams.info(historyStream(0))
  expect(Object.keys(config.metadata ?? {}).filter((key) => /backup/i.test(key))).toEqual([])
  await expect(copyToBucket('nowhere', 'https://wrong', { env })).rejects.toThrow('as s3://bucket/prefix')
  await expect(copyToBucket('nowhere', address, { env: {} })).rejects.toThrow('BACKUP_S3_ENDPOINT')
})
