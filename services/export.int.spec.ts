import { JetStreamEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { historyStream, parseHistorySubject } from '@beseda/proto'
import { type ExportedTopic, kafkaMissing, readTopic, startKafka, type TestKafka, TestSystem } from '@beseda/testkit'
import { pino } from 'pino'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kafkaOf } from './export/src/adapters/kafka/client.js'
import { KafkaSinks } from './export/src/adapters/kafka/kafka-sinks.js'
import { makeTopic } from './export/src/adapters/kafka/topic.js'
import { readKafkaConfig } from './export/src/config.js'
import { exportService } from './export/src/export.module.js'
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

describe.skipIf(missing !== undefined)('on a real broker', () => {
  let kafka: TestKafka
  let system: TestSystem
  const env = (topic: string) => ({ KAFKA_BROKERS: kafka.broker, KAFKA_TOPIC: topic })
  const { person, group, post } = peopleOf(() => system)
  beforeAll(async () => {
    ;[kafka, system] = await Promise.all([
      startKafka(),
      TestSystem.start(identityService, groupService, membershipService),
    ])
  }, 240_000)
  afterAll(async () => {
    await system?.stop()
    await kafka?.stop()
  })

  async function topic(name: string, settings: Readonly<Record<string, string>> = {}): Promise<string> {
    const config = readKafkaConfig(env(name))
    if (!config) throw new Error('unreachable: the brokers are set')
    const admin = kafkaOf(config, pino({ level: 'silent' })).admin()
    await admin.connect()
    expect(await makeTopic(admin, config, { partitions: 3, replicas: 1, settings })).toBe(true)
    await admin.disconnect()
    return name
  }

  /** The ids of every event in the log, in the order of each group. */
  async function logIds(): Promise<Map<string, string[]>> {
    const nats = await system.nats.connect('admin')
    const store = await JetStreamEventStore.open(nats)
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
    await nats.close()
    return ids
  }

  describe('keeps what every sink promises', () => {
    let name: string
    beforeAll(async () => {
      name = await topic('contract')
    })
    const placeOf = (id: string) => id.split('/').slice(-2).join('/')
    sinkContract(() => {
      const config = readKafkaConfig(env(name))
      if (!config) throw new Error('unreachable: the brokers are set')
      const find = (enough: (found: ExportedTopic) => boolean) => readTopic(kafka.broker, name, enough)
      return {
        sinks: new KafkaSinks(config, () => 'epoch', pino({ level: 'silent' })),
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

  test("every event is there, a group in one partition and in the log's order, whatever happens to broker and exporters", async () => {
    const name = await topic('campaign')
    const first = await system.run(exportService, { env: env(name) })
    const people = await Promise.all([1, 2, 3, 4].map(() => person()))
    const groups = await Promise.all(people.flatMap((owner) => [group(owner), group(owner)]))
    const write = async (rounds: number) => {
      for (let i = 0; i < rounds; i++) {
        await Promise.all(groups.map((groupId, at) => post(people[at >> 1]!, groupId, `message ${i}`)))
      }
    }
    await write(15)
    // Killed in the middle: what was sent and not acknowledged is sent again.
    const writing = write(30)
    await kafka.process.restart()
    const second = await system.run(exportService, { env: env(name) })
    await writing
    await kafka.process.kill('SIGSTOP')
    await write(10)
    await kafka.process.kill('SIGCONT')
    // The second exporter goes on where the first one lets go.
    const late = write(10)
    await first.stop()
    await late

    const expected = await logIds()
    const found = await readTopic(kafka.broker, name, ({ count }) => count >= [...expected.values()].flat().length)
    expect(found.ids).toEqual(expected)
    for (const partitions of found.partitions.values()) expect(partitions.size).toBe(1)
    expect(found.tombstones.size).toBe(0)
    // What the next test erases is looked for in every topic.
    await second.stop()
  }, 240_000)

  test('what is erased here is in no segment file there, also where nobody writes', async () => {
    const name = await topic('erasure', QUICK)
    await system.run(exportService, { env: env(name) })
    const [ann, bob] = [await person(), await person()]
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
    expect(await kafka.holds(marked('edited'))).toBe(true)

    await ann.groups.editMessage({ commandId: newId(), groupId, messageId: secret, text: marked('deleted') })
    await ann.groups.deleteMessage({ commandId: newId(), groupId, messageId: secret })
    await ann.groups.deleteGroup({ commandId: newId(), groupId: ended })
    await bob.identity.deleteAccount({ commandId: newId(), password: 'correct horse' })
    for (const what of ['edited', 'deleted', 'account', 'group']) {
      await expect.poll(() => kafka.holds(marked(what)), { timeout: 90_000, interval: 500 }).toBe(false)
    }
    expect(await kafka.holds(marked('stays'))).toBe(true)

    // An export that begins now has all that is left, where it first stood.
    const late = await topic('late')
    await system.run(exportService, { env: env(late) })
    const found = await readTopic(kafka.broker, late, ({ texts }) => texts.includes(marked('stays')))
    expect(found.texts.filter((text) => text.includes(secret))).toEqual([marked('stays')])
    for (const ids of found.ids.values()) expect(ids).toEqual([...ids].sort(byPlace))
  }, 240_000)

  test('a topic that would keep what is erased gets nothing', async () => {
    const name = await topic('kept', { 'cleanup.policy': 'delete' })
    const running = await system.run(exportService, { env: env(name) })
    const failures = async () =>
      (await running.platform.metrics.getSingleMetric('beseda_export_sink_failures_total')?.get())?.values ?? []
    await expect.poll(async () => (await failures()).length, { timeout: 60_000 }).toBeGreaterThan(0)
    // It is told, and the chat goes on: the process is ready.
    expect(await running.platform.health.unready()).toEqual([])
    await running.stop()
  }, 120_000)
})

/** `<epoch>/<stream>/<seq>/<index>`, of one stream. */
const byPlace = (one: string, other: string): number => {
  const [[a = 0, i = 0], [b = 0, j = 0]] = [one, other].map((id) => id.split('/').slice(-2).map(Number)) as [
    number[],
    number[],
  ]
  return a - b || i - j
}
