import { readFileSync } from 'node:fs'
import { newId } from '@beseda/kernel'
import { MessagePostedSchema } from '@beseda/proto/group/v1/events'
import { EventSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { type Logger, pino } from 'pino'
import { expect, test } from 'vitest'
import { kafkaOf } from '../adapters/kafka/client.js'
import { KafkaSinks } from '../adapters/kafka/kafka-sinks.js'
import { makeTopic } from '../adapters/kafka/topic.js'
import { Names } from '../application/ports.js'
import { readKafkaConfig } from '../config.js'
import type { Outgoing } from '../domain/outgoing.js'
import { prepareTopic } from '../topic-command.js'

type Env = Readonly<Record<string, string>>

interface Broker {
  readonly broker: string
}

/** A broker on this machine. */
interface BrokerHere extends Broker {
  /** How many segment files a topic has. */
  segments(topic: string): Promise<number>
}

/** A port of a broker that wants TLS, a name and a password. */
interface Door extends Broker {
  readonly caFile: string
  readonly username: string
  readonly password: string
}

const SILENT = pino({ level: 'silent' })
const NOBODY = new (class extends Names {
  override of = async () => new Map()
})()

function configOf(env: Env) {
  const config = readKafkaConfig(env)
  if (!config) throw new Error('unreachable: the brokers are set')
  return config
}

export const kafkaSinks = (env: Env, logger: Logger = SILENT): KafkaSinks =>
  new KafkaSinks(configOf(env), () => 'epoch', logger, NOBODY)

/** One topic with three partitions; its settings are those of the operator's command, with these changes. */
export async function newTopic(env: Env, settings: Env = {}): Promise<void> {
  const admin = kafkaOf(configOf(env), SILENT).admin()
  await admin.connect()
  expect(await makeTopic(admin, configOf(env), { partitions: 3, replicas: 1, settings })).toBe(true)
  await admin.disconnect()
}

const hello = {
  kind: 'event',
  messageId: 'm',
  placed: {
    place: { stream: 'HISTORY_0', seq: 1, index: 0 },
    ...{ groupId: 'g', lane: 'messages', at: 1, traceparent: '' },
    event: create(EventSchema, { body: { case: 'messagePosted', value: create(MessagePostedSchema, { text: 'hi' }) } }),
  },
} satisfies Outgoing

async function sendsOne(env: Env, logger?: Logger): Promise<void> {
  const sink = await kafkaSinks(env, logger).open()
  await sink.send([hello, { kind: 'pulse' }])
  await sink.close()
}

/** What topics must be like, and what the operator's command makes of them. */
export function topicContract(kafka: () => BrokerHere): void {
  const of = (topic: string, more: Env = {}): Env => ({ KAFKA_BROKERS: kafka().broker, KAFKA_TOPIC: topic, ...more })

  test('the operator’s command makes a topic that the export takes, finds it again, and says what erasure means there', async () => {
    const options = { partitions: '5', replicas: '1' }
    const env = of('prepared')
    expect(await prepareTopic(env, options)).toBe(
      'made prepared with 5 partitions; what people delete is gone from it after 24 h and one more pass of its cleaner',
    )
    expect(await prepareTopic(env, { partitions: '7', replicas: '1' })).toMatch(/^found prepared with 5 partitions;/)
    await sendsOne(env)
    const joined = of('joined', { KAFKA_KEY: 'group' })
    expect(await prepareTopic(joined, options)).toMatch(/by its retention alone, 7 days after/)
    await sendsOne(joined)
  })

  test('an old history takes as many files as a new one', async () => {
    const env = of('years')
    await newTopic(env)
    const sink = await kafkaSinks(env).open()
    for (const year of [2021, 2022, 2023, 2024, 2025]) {
      const place = { ...hello.placed.place, seq: year }
      await sink.send([{ ...hello, placed: { ...hello.placed, place, at: Date.UTC(year, 0) } }])
    }
    await sink.send([{ kind: 'erased', groupId: hello.placed.groupId, messageId: 'm' }])
    await sink.close()
    // One in each partition.
    expect(await kafka().segments('years')).toBe(3)
  })

  test.each<[what: string, settings: Env | undefined, more: Env, sentence: RegExp]>([
    ['that is not there', undefined, {}, /There is no Kafka topic .* kafka-topic" makes it/],
    ['that is not compacted', { 'cleanup.policy': 'delete' }, {}, /set cleanup\.policy=compact/],
    ['that may be compacted never', { 'max.compaction.lag.ms': '9000000000' }, {}, /set max\.compaction\.lag\.ms/],
    ['by group that is compacted', { 'cleanup.policy': 'compact' }, { KAFKA_KEY: 'group' }, /retention alone/],
    ['by group that keeps all', { 'retention.ms': '-1' }, { KAFKA_KEY: 'group' }, /set cleanup\.policy=delete and ret/],
  ])('a topic %s is refused, by the export and by the command', async (_, settings, more, sentence) => {
    const env = of(newId(), more)
    if (settings) await newTopic(env, settings)
    await expect(kafkaSinks(env).open()).rejects.toThrow(sentence)
    // The command would make the missing one.
    if (settings) await expect(prepareTopic(env, {})).rejects.toThrow(sentence)
    // Whoever keeps everything is refused nothing but a topic that is not there.
    if (settings) await sendsOne({ ...env, KAFKA_ERASURE: 'retain' })
  })
}

/** The library's habits that are known to bite. Its client that stays disconnected for ever is in the campaign with outages. */
export function libraryContract(kafka: () => Broker): void {
  test('the library neither warns nor is told to be careless: partitioner, idempotence, timers', async () => {
    const said: unknown[] = []
    const warned: string[] = []
    const hear = ({ name }: Error) => void warned.push(name)
    process.on('warning', hear)
    const logger = pino({ level: 'warn' }, { write: (line: string) => void said.push(JSON.parse(line).msg) })
    const env = { KAFKA_BROKERS: kafka().broker, KAFKA_TOPIC: 'quiet' }
    await newTopic(env)
    await sendsOne(env, logger)
    // Warnings come on the next turn.
    await new Promise(setImmediate)
    process.off('warning', hear)
    expect([said, warned.filter((name) => name.startsWith('Timeout'))]).toEqual([[], []])
  })
}

/** Names, passwords and certificates on a port of a real broker that wants them. */
export function doorContract(door: () => Door): void {
  const env = (mechanism: string, more: Env = {}): Env => {
    const { broker, caFile, username, password } = door()
    return {
      ...{ KAFKA_BROKERS: broker, KAFKA_TOPIC: 'guarded', KAFKA_TLS: 'true', KAFKA_CA_FILE: caFile },
      ...{ KAFKA_SASL: mechanism, KAFKA_USERNAME: username, KAFKA_PASSWORD: password, ...more },
    }
  }

  test.each(['plain', 'scram-sha-256', 'scram-sha-512'])('by %s over TLS a batch arrives', async (mechanism) => {
    expect(await prepareTopic(env(mechanism), { partitions: '1', replicas: '1' })).toMatch(/guarded with 1 partitions/)
    await sendsOne(env(mechanism))
    const { KAFKA_CA_FILE: file = '', ...rest } = env(mechanism)
    await sendsOne({ ...rest, KAFKA_CA: readFileSync(file, 'utf8') })
  })

  test.each<[what: string, more: Env]>([
    ['a wrong password', { KAFKA_PASSWORD: 'wrong' }],
    ['an authority that nobody trusts', { KAFKA_CA_FILE: '' }],
    ['no TLS', { KAFKA_TLS: 'false' }],
  ])('%s lets nobody in', async (_, more) => {
    await expect(kafkaSinks(env('scram-sha-512', more)).open()).rejects.toThrow()
  })
}
