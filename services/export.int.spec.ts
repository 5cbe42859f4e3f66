import { JetStreamEventStore } from '@beseda/event-log'
import { newId, partitionOf } from '@beseda/kernel'
import { historyStream, historySubject, parseHistorySubject } from '@beseda/proto'
import { MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { type ExportedTopic, kafkaMissing, readTopic, startKafka, type TestKafka, TestSystem } from '@beseda/testkit'
import { create } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/transport-node'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { exportService } from './export/src/export.module.js'
import {
  doorContract,
  kafkaSinks,
  libraryContract,
  newTopic,
  topicContract,
} from './export/src/testing/kafka-contract.js'
import { sinkContract } from './export/src/testing/sink-contract.js'
import { groupService } from './group/src/group.module.js'
import { identityService } from './identity/src/identity.module.js'
import { membershipService } from './membership/src/membership.module.js'
import { peopleOf } from './testing/people.js'

const missing = await kafkaMissing()
if (missing !== undefined) process.stdout.write(`the export to Kafka is not tested: ${missing}\n`)

/** Compaction on a small scale: a segment is closed after two seconds, and compacted two seconds later. */
const QUICK = {
  'segment.ms': '2000',
  'max.compaction.lag.ms': '4000',
  'delete.retention.ms': '500',
  'min.cleanable.dirty.ratio': '0.99',
}

describe('on a real broker', () => {
  beforeEach((context) => context.skip(missing !== undefined, missing))
  let kafka: TestKafka
  let system: TestSystem
  const env = (topic: string) => ({ KAFKA_BROKERS: kafka.broker, KAFKA_TOPIC: topic })
  const { person, group, post } = peopleOf(() => system)
  beforeAll(async () => {
    if (missing !== undefined) return
    // One after the other: starting both at once can be more than a busy machine has in it.
    kafka = await startKafka({ secure: true })
    system = await TestSystem.start(identityService, groupService, membershipService)
  })
  afterAll(async () => {
    await system?.stop()
    await kafka?.stop()
  })

  async function topic(name: string, settings: Readonly<Record<string, string>> = {}): Promise<string> {
    await newTopic(env(name), settings)
    return name
  }

  describe('keeps what every sink promises', () => {
    let name: string
    beforeAll(async () => {
      if (missing === undefined) name = await topic('contract')
    })
    const placeOf = (id: string) => id.split('/').slice(-2).join('/')
    sinkContract(() => {
      const find = (enough: (found: ExportedTopic) => boolean) => readTopic(kafka.broker, name, enough)
      return {
        sinks: kafkaSinks(env(name)),
        async ids(groupId, count) {
          const found = await find(({ ids }) => (ids.get(groupId)?.length ?? 0) >= count)
          return (found.ids.get(groupId) ?? []).map(placeOf)
        },
        async text(groupId, messageId, expected) {
          const key = `${groupId}/${messageId}`
          const found = await find(({ newest }) => newest.has(key) && newest.get(key) === expected)
          return found.newest.get(key)
        },
      }
    })
  })

  describe('the settings of the topic', () => topicContract(() => kafka))
  describe('the library', () => libraryContract(() => kafka))
  describe('a guarded port', () => {
    doorContract(() => {
      if (!kafka.door) throw new Error('unreachable: the broker has one')
      return kafka.door
    })
  })

  test("10,000 messages of 20 groups are there, a group in one partition and in the log's order, whatever happens to broker and exporters", async () => {
    const [name, log] = [await topic('campaign'), await TestSystem.start()]
    try {
      const bus = await log.nats.connect('admin')
      const store = await JetStreamEventStore.open(bus)
      const groups = Array.from({ length: 20 }, newId)
      let written = 0
      /** Five messages of each group in a commit. */
      const write = async (rounds: number) => {
        for (let i = 0; i < rounds; i++) {
          written += groups.length * 5
          await Promise.all(groups.map((groupId) => store.append(fiveMessages(groupId))))
        }
      }
      const first = await log.run(exportService, { env: env(name) })
      await write(20)
      // Killed in the middle: what was sent and not acknowledged is sent again.
      const writing = write(40)
      await kafka.process.restart()
      const second = await log.run(exportService, { env: env(name) })
      await writing
      await kafka.process.kill('SIGSTOP')
      await write(20)
      await kafka.process.kill('SIGCONT')
      // The second exporter goes on where the first one lets go.
      const late = write(20)
      await first.stop()
      await late
      expect(written).toBe(10_000)
      const expected = await logIds(bus)
      const found = await readTopic(kafka.broker, name, ({ count }) => count >= written)
      expect(found.ids).toEqual(expected)
      for (const partitions of found.partitions.values()) expect(partitions.size).toBe(1)
      expect(found.tombstones.size).toBe(0)
      await bus.close()
      await second.stop()
    } finally {
      await log.stop()
    }
  })

  test('what is erased here is in no segment file there, also where nobody writes', async () => {
    const name = await topic('erasure', QUICK)
    await system.run(exportService, { env: { ...env(name), KAFKA_NAMES: 'true' } })
    const called = `Bob ${newId()}`
    const [ann, bob] = [await person(), await person(called)]
    const groupId = await group(ann, [bob])
    const ended = await group(ann)
    const secret = newId()
    const marked = (what: string) => `marker-${secret}-${what}`
    await post(ann, groupId, marked('edited'), secret)
    await post(ann, groupId, marked('stays'))
    await post(bob, groupId, marked('account'))
    await post(ann, ended, marked('group'))
    await readTopic(
      kafka.broker,
      name,
      ({ texts }) => texts.filter((text) => text.startsWith(`marker-${secret}`)).length === 4,
    )
    expect([await kafka.holds(marked('edited')), await kafka.holds(called)]).toEqual([true, true])

    await ann.groups.editMessage({ commandId: newId(), groupId, messageId: secret, text: marked('deleted') })
    await ann.groups.deleteMessage({ commandId: newId(), groupId, messageId: secret })
    await ann.groups.deleteGroup({ commandId: newId(), groupId: ended })
    await bob.identity.deleteAccount({ commandId: newId(), password: 'correct horse' })
    for (const what of [...['edited', 'deleted', 'account', 'group'].map(marked), called]) {
      await expect.poll(() => kafka.holds(what), { interval: 500 }).toBe(false)
    }
    expect(await kafka.holds(marked('stays'))).toBe(true)

    // An export that begins now has all that is left, where it first stood.
    const late = await topic('late')
    await system.run(exportService, { env: env(late) })
    const found = await readTopic(kafka.broker, late, ({ texts }) => texts.includes(marked('stays')))
    expect(found.texts.filter((text) => text.includes(secret))).toEqual([marked('stays')])
    for (const ids of found.ids.values()) expect(ids).toEqual([...ids].sort(byPlace))
  })

  test('a topic that would keep what is erased gets nothing', async () => {
    const name = await topic('kept', { 'cleanup.policy': 'delete' })
    const running = await system.run(exportService, { env: env(name) })
    const failures = async () =>
      (await running.platform.metrics.getSingleMetric('beseda_export_sink_failures_total')?.get())?.values ?? []
    await expect.poll(async () => (await failures()).length).toBeGreaterThan(0)
    // It is told, and the chat goes on: the process is ready.
    expect(await running.platform.health.unready()).toEqual([])
    expect(await endsOf(kafka.broker, name)).toEqual(['0', '0', '0'])
    await running.stop()
  })
})

/** The ids of every event in the log, in the order of each group. */
async function logIds(bus: NatsConnection): Promise<Map<string, string[]>> {
  const store = await JetStreamEventStore.open(bus)
  const ids = new Map<string, string[]>()
  for (const stream of [0, 1].map(historyStream)) {
    const { epoch } = await store.info(stream)
    for (const { subject, seq, commit } of await store.read(stream, { afterSeq: 0, limit: 100_000 })) {
      const groupId = parseHistorySubject(subject)?.groupId ?? ''
      const all = ids.get(groupId) ?? []
      for (const [index] of commit.events.entries()) all.push(`${epoch}/${stream}/${seq}/${index}`)
      ids.set(groupId, all)
    }
  }
  return ids
}

/** The end of each partition. */
async function endsOf(broker: string, topic: string): Promise<string[]> {
  const admin = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  const ends = await admin.fetchTopicOffsets(topic)
  await admin.disconnect()
  return ends.map(({ high }) => high)
}

function fiveMessages(groupId: string) {
  const partition = partitionOf(groupId, 2)
  const [stream, subject] = [historyStream(partition), historySubject(partition, groupId, 'messages')]
  const said = () => create(MessagePostedSchema, { messageId: newId(), authorId: 'ann', text: 'The samovar is on.' })
  const events = Array.from({ length: 5 }, () => ({ body: { case: 'messagePosted' as const, value: said() } }))
  return { stream, subject, commit: create(CommitSchema, { id: newId(), events }) }
}

/** `<epoch>/<stream>/<seq>/<index>`, of one stream. */
const byPlace = (one: string, other: string): number => {
  const [[a = 0, i = 0], [b = 0, j = 0]] = [one, other].map((id) => id.split('/').slice(-2).map(Number)) as [
    number[],
    number[],
  ]
  return a - b || i - j
}
