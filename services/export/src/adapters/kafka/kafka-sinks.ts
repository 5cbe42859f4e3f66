import { setTimeout as pause } from 'node:timers/promises'
import kafkajs, { type Message, type Producer } from 'kafkajs'
import type { Logger } from 'pino'
import type { Names, Sink, Sinks } from '../../application/ports.js'
import type { KafkaConfig } from '../../config.js'
import type { Outgoing } from '../../domain/outgoing.js'
import { kafkaOf } from './client.js'
import { peopleIn, type RecordOptions, recordOf } from './record.js'
import { readTopic, type Topic } from './topic.js'

/** What takes longer has failed. A broker that was stopped for a moment answers in time. */
const SEND_MS = 30_000
/** Time for a producer to say goodbye to a broker that may be away. */
const CLOSE_MS = 2_000
/** The heartbeat's key in every partition of the topic. */
const PULSE_KEY = 'beseda/heartbeat'
const LONGEST_PULSE_MS = 3_600_000

/** Kafka, by kafkajs. Every sink has a producer of its own. */
export class KafkaSinks implements Sinks {
  readonly kind = 'kafka'
  #topic: Topic | undefined

  constructor(
    private readonly config: KafkaConfig,
    private readonly epochOf: (stream: string) => string,
    private readonly logger: Logger,
    private readonly names: Names,
  ) {}

  /** Another topic begins at the beginning of the log. */
  get name(): string {
    return `kafka/${this.config.topic}`
  }

  /** Compaction never touches the newest segment of a partition: without new records what was erased would stay. */
  get pulseMs(): number | undefined {
    const compactionMs = this.#topic?.compactionMs
    return compactionMs === undefined ? undefined : Math.min(compactionMs / 4, LONGEST_PULSE_MS)
  }

  async open(): Promise<Sink> {
    const kafka = kafkaOf(this.config, this.logger)
    const admin = kafka.admin()
    try {
      await admin.connect()
      this.#topic = await readTopic(admin, this.config)
    } finally {
      await farewell(admin)
    }
    const producer = kafka.producer({
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
      allowAutoTopicCreation: false,
      idempotent: true,
      maxInFlightRequests: 1,
      // The library warns of any other number; a send that never ends is bounded by SEND_MS.
      retry: { retries: Number.MAX_SAFE_INTEGER, maxRetryTime: 1_000 },
    })
    try {
      await inTime('connect', producer.connect())
    } catch (error) {
      // It would go on trying for ever.
      await farewell(producer)
      throw error
    }
    const { partitions } = this.#topic
    const names = this.config.names ? this.names : undefined
    return new KafkaSink(producer, this.config.topic, partitions, this.#options(partitions), names)
  }

  #options(partitions: number): RecordOptions {
    const { format, key, erasure } = this.config
    const choose = kafkajs.Partitioners.DefaultPartitioner()
    const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
      partitionId,
      partitionErrorCode: 0,
      leader: 0,
      replicas: [],
      isr: [],
    }))
    return {
      epochOf: this.epochOf,
      format,
      key,
      erases: erasure === 'honour',
      partitionOf: (groupId) =>
        choose({ topic: this.config.topic, partitionMetadata, message: { key: groupId, value: null } }),
    }
  }
}

class KafkaSink implements Sink {
  constructor(
    private readonly producer: Producer,
    private readonly topic: string,
    private readonly partitions: number,
    private readonly options: RecordOptions,
    /** Undefined: nobody is named. */
    private readonly names: Names | undefined,
  ) {}

  async send(batch: readonly Outgoing[]): Promise<void> {
    const names = await this.names?.of(peopleIn(batch, this.options))
    const messages = batch.flatMap((outgoing): Message | Message[] => {
      if (outgoing.kind === 'pulse') return this.#pulses()
      return recordOf(outgoing, this.options, names) ?? []
    })
    if (messages.length === 0) return
    await inTime('send', this.producer.send({ topic: this.topic, acks: -1, messages }))
  }

  close(): Promise<void> {
    return farewell(this.producer)
  }

  #pulses(): Message[] {
    return Array.from({ length: this.partitions }, (_, partition) => ({ partition, key: PULSE_KEY, value: '' }))
  }
}

/** Errors: a sentence when the brokers do not answer in time. The library's own attempt may go on until its client is disconnected. */
async function inTime<T>(what: string, work: Promise<T>): Promise<T> {
  const late = new AbortController()
  const timeout = pause(SEND_MS, undefined, { signal: late.signal }).then(() => {
    throw new Error(`Kafka: no answer to ${what} after ${SEND_MS} ms`)
  })
  try {
    return await Promise.race([work, timeout])
  } finally {
    late.abort()
    await Promise.allSettled([timeout])
  }
}

/** Disconnects, but waits no longer than CLOSE_MS for brokers that may be away. What goes wrong tells nothing more. */
async function farewell(client: { disconnect(): Promise<void> }): Promise<void> {
  await Promise.race([Promise.allSettled([client.disconnect()]), pause(CLOSE_MS, undefined, { ref: false })])
}
