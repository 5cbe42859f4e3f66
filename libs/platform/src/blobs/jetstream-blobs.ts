import { whenAnswered } from '@beseda/event-log'
import { FILES_BUCKET } from '@beseda/proto'
import { jetstreamManager } from '@nats-io/jetstream'
import { type ObjectInfo, type ObjectStore, Objm } from '@nats-io/obj'
import type { NatsConnection } from '@nats-io/transport-node'
import type { BlobInfo, BlobStore, ByteRange } from './port.js'
import { readObject } from './read-object.js'

const STREAM = `OBJ_${FILES_BUCKET}`

/** Blobs in the object store of JetStream, which needs no other server. */
export class JetStreamBlobs implements BlobStore {
  /** Subjects that belonged to no blob at the last sweep, with their number of pieces. */
  #remains = new Map<string, number>()

  private constructor(
    private readonly nats: NatsConnection,
    private readonly objects: ObjectStore,
  ) {}

  static async open(nats: NatsConnection): Promise<JetStreamBlobs> {
    return new JetStreamBlobs(nats, await whenAnswered(() => new Objm(nats).open(FILES_BUCKET)))
  }

  async put(
    name: string,
    content: ReadableStream<Uint8Array>,
    metadata: Readonly<Record<string, string>>,
  ): Promise<void> {
    await this.objects.put({ name, metadata: { ...metadata } }, content)
  }

  async info(name: string): Promise<BlobInfo | undefined> {
    const info = await this.objects.info(name)
    return info && !info.deleted ? { ...summary(info), metadata: info.metadata ?? {} } : undefined
  }

  async read(name: string, range?: ByteRange): Promise<ReadableStream<Uint8Array> | undefined> {
    const info = await this.objects.info(name)
    if (!info || info.deleted) return undefined
    const content = readObject(this.nats, FILES_BUCKET, info)
    return range ? content.pipeThrough(rangeOf(range)) : content
  }

  async describe(name: string, metadata: Readonly<Record<string, string>>): Promise<void> {
    await this.objects.update(name, { name, metadata: { ...metadata } })
  }

  async delete(name: string): Promise<void> {
    if (await this.info(name)) await this.objects.delete(name)
  }

  async list(): Promise<readonly Omit<BlobInfo, 'metadata'>[]> {
    return (await this.objects.list()).filter(({ deleted }) => !deleted).map(summary)
  }

  async sweepRemains(): Promise<void> {
    const manager = await jetstreamManager(this.nats, { checkAPI: false })
    const { state } = await manager.streams.info(STREAM, { subjects_filter: `$O.${FILES_BUCKET}.C.>` })
    const whole = new Set((await this.objects.list()).map(({ nuid }) => nuid))
    const remains = new Map<string, number>()
    for (const [subject, pieces] of Object.entries(state.subjects ?? {})) {
      if (whole.has(subject.split('.')[3] ?? '')) continue
      if (this.#remains.get(subject) === pieces) await manager.streams.purge(STREAM, { filter: subject })
      else remains.set(subject, pieces)
    }
    this.#remains = remains
  }
}

const summary = ({ name, size, mtime }: ObjectInfo) => ({ name, size, storedAt: Date.parse(mtime) })

/** Drops the bytes before the range and ends after it: the store always sends from the beginning. */
function rangeOf({ start, end }: ByteRange): TransformStream<Uint8Array, Uint8Array> {
  let position = 0
  return new TransformStream({
    transform(bytes, controller) {
      const [from, to] = [Math.max(0, start - position), Math.min(bytes.length, end + 1 - position)]
      position += bytes.length
      if (from < to) controller.enqueue(bytes.subarray(from, to))
      if (position > end) controller.terminate()
    },
  })
}
