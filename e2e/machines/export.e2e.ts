import { JetStreamEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { historyStream, parseHistorySubject } from '@beseda/proto'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { Installation, kafkaMissing, Person, readTopic, startKafka, type TestKafka } from '@beseda/testkit'
import kafkajs from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'

const missing = await kafkaMissing()
const TOPIC = 'beseda.history.v1'
const PARTITIONS = 4
let kafka: TestKafka
let beseda: Installation
beforeAll(async () => {
  if (missing !== undefined) return
  kafka = await startKafka()
  const admin = new kafkajs.Kafka({ brokers: [kafka.broker], logLevel: kafkajs.logLevel.NOTHING }).admin()
  await admin.connect()
  const configEntries = Object.entries({ 'cleanup.policy': 'compact', 'max.compaction.lag.ms': '3600000' })
  await admin.createTopics({
    topics: [
      { topic: TOPIC, numPartitions: 3, configEntries: configEntries.map(([name, value]) => ({ name, value })) },
    ],
  })
  await admin.disconnect()
  beseda = await Installation.start({ KAFKA_BROKERS: kafka.broker })
})
afterAll(async () => {
  await beseda?.stop()
  await kafka?.stop()
})

/** Ids of all events of groups in the log, in order. */
async function logIds(): Promise<Map<string, string[]>> {
  const bus = await beseda.connectToBus()
  const store = await JetStreamEventStore.open(bus)
  const ids = new Map<string, string[]>()
  for (const stream of Array.from({ length: PARTITIONS }, (_, i) => historyStream(i))) {
    const { epoch } = await store.info(stream)
    for (const { subject, seq, commit } of await store.read(stream, { afterSeq: 0, limit: 100_000 })) {
      const groupId = parseHistorySubject(subject)?.groupId ?? ''
      const places = commit.events.map((_, index) => `${epoch}/${stream}/${seq}/${index}`)
      ids.set(groupId, [...(ids.get(groupId) ?? []), ...places])
    }
  }
  await bus.close()
  return ids
}

test('an exporter that is killed in the middle of its work goes on, and Kafka has everything in order', async (context) => {
  context.skip(missing !== undefined, missing)
  const rooms = await Promise.all(
    Array.from({ length: 4 }, async (_, i) => {
      const owner = await Person.register(beseda.url)
      const { group } = await owner.groups.createGroup({
        commandId: newId(),
        kind: GroupKind.GROUP,
        name: `Group ${i}`,
      })
      return { owner, groupId: group?.id ?? '' }
    }),
  )
  const write = async (count: number) => {
    for (let i = 0; i < count; i++) {
      await Promise.all(
        rooms.map(({ owner, groupId }) => owner.groups.postMessage({ messageId: newId(), groupId, text: `${i}` })),
      )
    }
  }
  for (let round = 0; round < 3; round++) {
    const writing = write(10)
    await beseda.kill('export')
    await writing
  }
  const expected = await logIds()
  const found = await readTopic(kafka.broker, TOPIC, ({ count }) => count >= [...expected.values()].flat().length)
  expect(found.ids).toEqual(expected)
})
