import { type Environment, integer } from '@beseda/platform'
import { pino } from 'pino'
import { kafkaOf } from './adapters/kafka/client.js'
import { makeTopic, readTopic, type Topic } from './adapters/kafka/topic.js'
import { readKafkaConfig } from './config.js'

/**
 * Makes the topic that the environment names if there is none, and checks the one that is there. Returns a sentence about it. Errors:
 * a sentence; among them what keeps the export from using the topic.
 */
export async function prepareTopic(
  env: Environment,
  options: { partitions?: string; replicas?: string },
): Promise<string> {
  const config = readKafkaConfig(env)
  if (!config) throw new Error('KAFKA_BROKERS is not set: name the brokers, as kafka.example.org:9092')
  const partitions = integer(options, 'partitions', 12, 1, 10_000)
  const replicas = integer(options, 'replicas', 3, 1, 100)
  const admin = kafkaOf(config, pino({ level: 'silent' })).admin()
  await admin.connect()
  try {
    const made = await makeTopic(admin, config, { partitions, replicas })
    const topic = await readTopic(admin, config)
    return `${made ? 'made' : 'found'} ${config.topic} with ${topic.partitions} partitions; ${erasureIn(topic)}`
  } finally {
    await admin.disconnect()
  }
}

function erasureIn({ compactionMs, retentionMs }: Topic): string {
  if (compactionMs !== undefined) {
    return `what people delete is gone from it after ${Math.round(compactionMs / 3_600_000)} h and one more pass of its cleaner`
  }
  if (retentionMs === undefined) return 'what people delete stays in it'
  return `what people delete leaves it by its retention alone, ${Math.ceil(retentionMs / 86_400_000)} days after its segment`
}
