import { newId } from '@beseda/kernel'
import { RecordSchema } from '@beseda/proto/export/v1/record'
import { fromBinary } from '@bufbuild/protobuf'
import kafkajs, { type KafkaMessage } from 'kafkajs'

/** What a consumer of an export finds. */
export class ExportedTopic {
  /** Ids of the records of each group, in order, without repetitions. */
  readonly ids = new Map<string, string[]>()
  /** The partitions in which each group was found. */
  readonly partitions = new Map<string, Set<number>>()
  /** Keys of records without a value. */
  readonly tombstones = new Set<string>()
  /** Of posted messages. */
  readonly texts: string[] = []
  /** The newest text under each key of a message; undefined: erased. */
  readonly newest = new Map<string, string | undefined>()
  readonly #seen = new Set<string>()

  get count(): number {
    return this.#seen.size
  }

  take(partition: number, { key, value, headers }: KafkaMessage): void {
    const id = headers?.['beseda-id']?.toString()
    const name = key?.toString() ?? ''
    if (value === null) {
      this.tombstones.add(name)
      this.newest.set(name, undefined)
    }
    // A heartbeat has no id.
    if (value === null || id === undefined) return
    const record = fromBinary(RecordSchema, value)
    if (record.id !== id) throw new Error(`the record ${record.id} has the header ${id}`)
    const body = record.event?.body
    if (body?.case === 'messagePosted' || body?.case === 'messageEdited') this.newest.set(name, body.value.text)
    if (this.#seen.has(id)) return
    this.#seen.add(id)
    this.ids.set(record.groupId, [...(this.ids.get(record.groupId) ?? []), id])
    this.partitions.set(record.groupId, new Set([...(this.partitions.get(record.groupId) ?? []), partition]))
    if (body?.case === 'messagePosted') this.texts.push(body.value.text)
  }
}

/**
 * When a consumer reads nothing for this long, in ms, a new one takes its place: after an error of the broker, kafkajs may never read on. Each one
 * waits twice as long as the one before, so that a slow machine has time to connect at last.
 */
const QUIET_MS = 20_000

/** Reads a topic of protobuf records from its beginning until it holds enough. */
export async function readTopic(
  broker: string,
  topic: string,
  enough: (found: ExportedTopic) => boolean,
): Promise<ExportedTopic> {
  for (let quietMs = QUIET_MS; ; quietMs *= 2) {
    const found = await readOnce(broker, topic, enough, quietMs)
    if (found) return found
  }
}

/** Undefined: the consumer crashed, or nothing more came. */
async function readOnce(
  broker: string,
  topic: string,
  enough: (found: ExportedTopic) => boolean,
  quietMs: number,
): Promise<ExportedTopic | undefined> {
  const consumer = new kafkajs.Kafka({ brokers: [broker], logLevel: kafkajs.logLevel.NOTHING }).consumer({
    groupId: newId(),
  })
  const found = new ExportedTopic()
  let quiet: NodeJS.Timeout | undefined
  const whole = await new Promise<boolean>((resolve, reject) => {
    const wait = () => {
      clearTimeout(quiet)
      quiet = setTimeout(() => resolve(false), quietMs)
    }
    const eachMessage = async ({ partition, message }: { partition: number; message: KafkaMessage }) => {
      wait()
      try {
        found.take(partition, message)
        if (enough(found)) resolve(true)
      } catch (error) {
        reject(error)
      }
    }
    const read = async () => {
      await consumer.connect()
      await consumer.subscribe({ topic, fromBeginning: true })
      await consumer.run({ eachMessage })
    }
    wait()
    consumer.on(consumer.events.CRASH, () => resolve(false))
    read().catch(() => resolve(false))
  }).finally(() => clearTimeout(quiet))
  // One that stands still may never say goodbye.
  const farewell = consumer.disconnect().catch(() => undefined)
  if (whole) await farewell
  return whole ? found : undefined
}
