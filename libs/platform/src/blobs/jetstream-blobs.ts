import { directGet, eraseMessage, storing, whenAnswered } from '@beseda/event-log'
import { FILES_BUCKET } from '@beseda/proto'
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream'
import { type ObjectInfo, type ObjectStore, Objm } from '@nats-io/obj'
import type { NatsConnection } from '@nats-io/transport-node'
import type { BlobInfo, BlobStore, ByteRange } from './port.js'
import { readObject } from './read-object.js'

const STREAM = `OBJ_${FILES_BUCKET}`
/** Pieces that are asked for at once to overwrite them, 128 KB each. */
const PIECES = 4

/** Blobs in the object store of JetStream, which needs no other server. */
export class JetStreamBlobs implements BlobStore {
  /** Subjects that belonged to no blob at the last sweep, with their number of pieces. */
  #remains = new Map<string, number>()

  private constructor(
    private readonly nats: NatsConnection,
    private readonly objects: ObjectStore,
    private readonly manager: JetStreamManager,
  ) {}

  static async open(nats: NatsConnection): Promise<JetStreamBlobs> {
    const objects = await whenAnswered(() => new Objm(nats).open(FILES_BUCKET))
    return new JetStreamBlobs(nats, objects, await jetstreamManager(nats, { checkAPI: false }))
  }

  async put(
    name: string,
    content: ReadableStream<Uint8Array>,
    metadata: Readonly<Record<string, string>>,
  ): Promise<void> {
    await storing(() => this.objects.put({ name, metadata: { ...metadata } }, content))
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
    await storing(() => this.objects.update(name, { name, metadata: { ...metadata } }))
  }

  /**
   * Not by `ObjectStore.delete`, which keeps the metadata and leaves the bytes on the disk. What a crash leaves behind has no name any
   * more: `sweepRemains` removes it.
   */
  async delete(name: string): Promise<void> {
    const info = await this.objects.info(name)
    if (!info || info.deleted) return
    // Every revision: `describe` writes another one, and the one before would be found again.
    await this.#overwrite(metadataOf(name))
    await this.#overwrite(piecesOf(info.nuid))
  }

  async list(): Promise<readonly Omit<BlobInfo, 'metadata'>[]> {
    return (await this.objects.list()).filter(({ deleted }) => !deleted).map(summary)
  }

  async bytes(): Promise<number> {
    return (await this.manager.streams.info(STREAM)).state.bytes
  }

  async sweepRemains(): Promise<void> {
    const { state } = await this.manager.streams.info(STREAM, { subjects_filter: piecesOf('>') })
    const whole = new Set((await this.objects.list()).map(({ nuid }) => nuid))
    const remains = new Map<string, number>()
    for (const [subject, pieces] of Object.entries(state.subjects ?? {})) {
      if (whole.has(subject.split('.')[3] ?? '')) continue
      if (this.#remains.get(subject) === pieces) await this.#overwrite(subject)
      else remains.set(subject, pieces)
    }
    this.#remains = remains
  }

  /** A purge would only forget where the pieces are: their bytes would stay until the server writes the block anew. */
  async #overwrite(subject: string): Promise<void> {
    for (let seq = 1; ; seq++) {
      const { messages } = await directGet(this.nats, STREAM, { seq, next_by_subj: subject, batch: PIECES })
      if (messages.length === 0) return
      for (const { headers } of messages) {
        seq = Number(headers?.get('Nats-Sequence'))
        await eraseMessage(this.manager, STREAM, seq)
      }
    }
  }
}

/** As the client of the object store names it: the name in padded base64url. */
const metadataOf = (name: string): string =>
  `$O.${FILES_BUCKET}.M.${Buffer.from(name).toString('base64').replaceAll('+', '-').replaceAll('/', '_')}`

const piecesOf = (object: string): string => `$O.${FILES_BUCKET}.C.${object}`

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
