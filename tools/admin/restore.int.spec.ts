import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EPOCH, JetStreamEventStore } from '@beseda/event-log'
import { PARTITIONS } from '@beseda/history'
import { newId, partitionOf } from '@beseda/kernel'
import { setUpLog } from '@beseda/platform'
import { historyStream, historySubject, type LaneName, personalStream, readSubject } from '@beseda/proto'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { startNats, startNatsCluster, type TestNats } from '@beseda/testkit'
import { create } from '@bufbuild/protobuf'
import { jetstreamManager } from '@nats-io/jetstream'
import { expect, onTestFinished, test } from 'vitest'
import { backUp } from './backup.mjs'
import { restoreAll } from './restore.mjs'

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'beseda-restore-'))
  onTestFinished(() => rm(made, { recursive: true, force: true }))
  return made
}
async function busOf(nats: TestNats) {
  const bus = await nats.connect()
  onTestFinished(() => bus.close())
  return bus
}
async function server() {
  const nats = await startNats()
  onTestFinished(() => nats.stop())
  return busOf(nats)
}
type Bus = Awaited<ReturnType<typeof server>>

const commit = (text: string) =>
  create(CommitSchema, {
    id: newId(),
    events: [
      {
        commandId: newId(),
        actorId: 'ann',
        body: { case: 'messagePosted', value: { messageId: newId(), authorId: 'ann', text } },
      },
    ],
  })

/** A log of 2 partitions with some groups in it; one commit is erased, as after a deletion. */
async function filled() {
  const bus = await server()
  await setUpLog(bus, { partitions: 2, replicas: undefined })
  const store = await JetStreamEventStore.open(bus)
  const groups = Array.from({ length: 24 }, newId)
  for (const group of groups) {
    const p = partitionOf(group, 2)
    for (const lane of ['group', 'roster', 'messages', 'messages'] satisfies LaneName[]) {
      await store.append({ stream: historyStream(p), subject: historySubject(p, group, lane), commit: commit(lane) })
    }
    const subject = readSubject(p, group, 'ann')
    for (let i = 0; i < 2; i++) await store.append({ stream: personalStream(p), subject, commit: commit(`read ${i}`) })
  }
  await store.erase(historyStream(0), 3)
  const backups = await folder()
  return { groups, backup: await backUp(bus, backups) }
}

/** Everything that a log says, whatever its number of partitions: sequence, lane and bytes, by group. */
async function told(bus: Bus, partitions: number) {
  const store = await JetStreamEventStore.open(bus)
  const found = new Map<string, { seq: number; rest: string; bytes: string }[]>()
  for (const streamOf of [historyStream, personalStream]) {
    for (let p = 0; p < partitions; p++) {
      for (const { subject, seq, bytes } of await store.read(streamOf(p), { afterSeq: 0, limit: 10_000 })) {
        const [root, partition, group = '', ...rest] = subject.split('.')
        expect([subject, Number(partition)]).toEqual([subject, p])
        expect([subject, partitionOf(group, partitions)]).toEqual([subject, p])
        const all = found.get(group) ?? []
        found.set(group, [...all, { seq, rest: [root, ...rest].join('.'), bytes: Buffer.from(bytes).toString('hex') }])
      }
    }
  }
  return found
}
const configsOf = async (bus: Bus) => {
  const configs = []
  for await (const { config } of (await jetstreamManager(bus)).streams.list()) configs.push(config)
  return configs
}

test('a log of 2 partitions comes up in one of 8 with the sequences that it had, and goes on', async () => {
  const { groups, backup } = await filled()
  const same = await server()
  await restoreAll(same, backup)
  const before = await told(same, 2)
  expect(new Set(before.keys())).toEqual(new Set(groups))

  const grown = await server()
  // As in a new installation: the set-up was there first.
  await setUpLog(grown, { partitions: 8, replicas: undefined })
  await restoreAll(grown, backup, { partitions: 8 })
  expect(await told(grown, 8)).toEqual(before)

  const shape = (configs: Awaited<ReturnType<typeof configsOf>>) =>
    new Map(configs.map(({ name, metadata, ...config }) => [name, config]))
  const fresh = await server()
  await setUpLog(fresh, { partitions: 8, replicas: undefined })
  expect(shape(await configsOf(grown))).toEqual(shape(await configsOf(fresh)))
  expect(await setUpLog(grown, { partitions: 8, replicas: 1 })).toEqual(
    new Map((await configsOf(fresh)).map(({ name }) => [name, 1])),
  )
  const epochs = (await configsOf(grown)).flatMap(({ metadata }) => metadata?.[EPOCH] ?? [])
  expect(new Set(epochs).size).toBe(8 * 2 + 4)

  const [group = ''] = groups
  const p = partitionOf(group, 8)
  const copies = grown.subscribe(`fan.${p}.${group}.messages`, { max: 1 })
  const store = await JetStreamEventStore.open(grown)
  const subject = historySubject(p, group, 'messages')
  const last = await store.last(historyStream(p), subject)
  const appended = await store.append({
    stream: historyStream(p),
    subject,
    commit: commit('after'),
    expect: { subject, lastSeq: last?.seq ?? 0 },
  })
  expect(appended).toMatchObject({ kind: 'appended' })
  for await (const { headers } of copies) expect(headers?.get('Nats-Last-Sequence')).toBe(String(last?.seq))
})

test('a log of one server comes up in a cluster of three, each stream on all of them', async () => {
  const { backup } = await filled()
  const { nodes, stop } = await startNatsCluster(3)
  onTestFinished(stop)
  const [node] = nodes
  if (!node) throw new Error('an empty cluster')
  const bus = await busOf(node)
  await setUpLog(bus, { partitions: 4, replicas: 3 })
  await restoreAll(bus, backup, { partitions: 4, replicas: 3 })
  const configs = await configsOf(bus)
  expect(new Set(configs.map(({ num_replicas }) => num_replicas))).toEqual(new Set([3]))
  expect(new Set(configs.flatMap(({ metadata }) => metadata?.[PARTITIONS] ?? []))).toEqual(new Set(['4']))
  expect((await told(bus, 4)).size).toBe(24)
})

test('a log that holds messages is replaced only on demand, and fewer partitions are refused', async () => {
  const { backup } = await filled()
  const bus = await server()
  await restoreAll(bus, backup)
  const names = async () => new Map((await configsOf(bus)).map(({ name, metadata }) => [name, metadata]))
  const before = await names()
  await expect(restoreAll(bus, backup)).rejects.toThrow(/^This installation has a log.+--replace/)
  await expect(restoreAll(bus, backup, { partitions: 3 })).rejects.toThrow('not into 3')
  expect(await names()).toEqual(before)
  await restoreAll(bus, backup, { replace: true })
  expect(new Set((await names()).keys())).toEqual(new Set(before.keys()))
})
