import kafkajs, { type Admin } from 'kafkajs'
import { SinkRefused } from '../../application/ports.js'
import type { KafkaConfig } from '../../config.js'

/** What the topic promises. */
export interface Topic {
  readonly partitions: number
  /** After this many ms at most what a newer record of the same key replaces is compacted; undefined: it is not compacted. */
  readonly compactionMs: number | undefined
  /** After this many ms at most everything leaves; undefined: it stays. */
  readonly retentionMs: number | undefined
}

/** Longest time after which erased content may still be in Kafka: seven days, like the shortest backup. */
const LONGEST_COMPACTION_MS = 7 * 24 * 3_600_000

/**
 * Brokers close, compact and drop the files of a topic by the age of the records in them, and refuse records that are an hour ahead of their clocks. If
 * age were the time of the commit, a history of years would fill one file for each six hours of it, a wording that was edited could be compacted away
 * before anybody reads it, and under the group's key all that is older than a week would be dropped as soon as it arrives. So age counts from the
 * arrival; when a thing happened is in the headers and in the record.
 */
const BY_ARRIVAL = { 'message.timestamp.type': 'LogAppendTime' } as const

/** The settings of a new topic that keep what was erased for at most a day. */
const NEW_TOPIC = {
  ...BY_ARRIVAL,
  'cleanup.policy': 'compact',
  'max.compaction.lag.ms': String(24 * 3_600_000),
  'delete.retention.ms': String(24 * 3_600_000),
  'segment.ms': String(6 * 3_600_000),
} as const

/** Under the group's key: content leaves with its segment after a week. */
const RETAINED_TOPIC = {
  ...BY_ARRIVAL,
  'cleanup.policy': 'delete',
  'retention.ms': String(LONGEST_COMPACTION_MS),
  'segment.ms': String(24 * 3_600_000),
} as const

/** Asks the brokers. Errors: `SinkRefused` when there is no such topic, or it cannot keep what the configuration promises. */
export async function readTopic(admin: Admin, { topic, erasure, key }: KafkaConfig): Promise<Topic> {
  const { partitions, settings } = await described(admin, topic)
  const compacted = (settings.get('cleanup.policy') ?? '').split(',').includes('compact')
  if (erasure === 'retain') return { partitions, compactionMs: undefined, retentionMs: undefined }
  if (key === 'group') return byRetention(topic, settings, partitions, compacted)
  if (!compacted) {
    throw new SinkRefused(
      `The Kafka topic ${topic} is not compacted, so what people delete would stay in it: set cleanup.policy=compact, or KAFKA_ERASURE=retain to keep everything.`,
    )
  }
  const compactionMs = Number(settings.get('max.compaction.lag.ms'))
  if (!(compactionMs <= LONGEST_COMPACTION_MS)) {
    throw new SinkRefused(
      `The Kafka topic ${topic} may keep what people delete for ever: set max.compaction.lag.ms to 604800000 (seven days) or less.`,
    )
  }
  return { partitions, compactionMs, retentionMs: undefined }
}

/** Under the group's key there is no tombstone that spares the group: content leaves with its segment. */
function byRetention(topic: string, settings: Settings, partitions: number, compacted: boolean): Topic {
  const retentionMs = Number(settings.get('retention.ms'))
  if (compacted || !(retentionMs > 0)) {
    throw new SinkRefused(
      `With KAFKA_KEY=group deleted content leaves the Kafka topic ${topic} by retention alone: set cleanup.policy=delete and retention.ms, or KAFKA_ERASURE=retain to keep everything.`,
    )
  }
  return { partitions, compactionMs: undefined, retentionMs }
}

type Settings = ReadonlyMap<string, string>

async function described(admin: Admin, topic: string): Promise<{ partitions: number; settings: Settings }> {
  if (!(await admin.listTopics()).includes(topic)) {
    throw new SinkRefused(`There is no Kafka topic ${topic}: "npm run admin -- kafka-topic" makes it.`)
  }
  const [{ topics }, { resources }] = await Promise.all([
    admin.fetchTopicMetadata({ topics: [topic] }),
    admin.describeConfigs({
      resources: [{ type: kafkajs.ConfigResourceTypes.TOPIC, name: topic }],
      includeSynonyms: false,
    }),
  ])
  const entries = resources[0]?.configEntries ?? []
  return {
    partitions: topics[0]?.partitions.length ?? 0,
    settings: new Map(entries.map(({ configName, configValue }) => [configName, configValue])),
  }
}

/** Makes the topic. False: there was one already, which stays as it is. Errors: those of the brokers. */
export function makeTopic(
  admin: Admin,
  { topic, key }: KafkaConfig,
  {
    partitions,
    replicas,
    settings,
  }: { partitions: number; replicas: number; settings?: Readonly<Record<string, string>> },
): Promise<boolean> {
  const chosen = { ...(key === 'group' ? RETAINED_TOPIC : NEW_TOPIC), ...settings }
  const configEntries = Object.entries(chosen).map(([name, value]) => ({ name, value }))
  return admin.createTopics({
    waitForLeaders: true,
    topics: [{ topic, numPartitions: partitions, replicationFactor: replicas, configEntries }],
  })
}
