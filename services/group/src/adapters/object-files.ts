import { FILES_BUCKET } from '@beseda/proto'
import { type File, FileSchema } from '@beseda/proto/group/v1/group_service'
import { fromJsonString, toJsonString } from '@bufbuild/protobuf'
import { jetstreamManager } from '@nats-io/jetstream'
import { type ObjectInfo, type ObjectStore, Objm } from '@nats-io/obj'
import type { NatsConnection } from '@nats-io/transport-node'
import type { FileRecord, FileStore } from '../application/files.js'

const STREAM = `OBJ_${FILES_BUCKET}`
const thumbnailOf = (fileId: string): string => `${fileId}.thumbnail`

/** Files in a JetStream object store; what is known of a file is in the metadata of its object. */
export class ObjectFiles implements FileStore {
  /** Chunks without an object at the last sweep, with their number. */
  #remains = new Map<string, number>()

  private constructor(
    private readonly nats: NatsConnection,
    private readonly objects: ObjectStore,
  ) {}

  static async open(nats: NatsConnection): Promise<ObjectFiles> {
    return new ObjectFiles(nats, await new Objm(nats).open(FILES_BUCKET))
  }

  async find(fileId: string): Promise<FileRecord | undefined> {
    const info = await this.objects.info(fileId)
    return info && !info.deleted ? recordOf(info) : undefined
  }

  async read(fileId: string): Promise<Uint8Array> {
    const bytes = await this.objects.getBlob(fileId)
    if (!bytes) throw new Error(`object ${fileId} has no content`)
    return bytes
  }

  async describe(fileId: string, file: File): Promise<void> {
    const info = await this.objects.info(fileId)
    const metadata = { ...info?.metadata, file: toJsonString(FileSchema, file) }
    await this.objects.update(fileId, { name: fileId, metadata })
  }

  async putThumbnail(fileId: string, bytes: Uint8Array): Promise<void> {
    await this.objects.putBlob({ name: thumbnailOf(fileId) }, bytes)
  }

  async delete(fileId: string): Promise<void> {
    for (const name of [fileId, thumbnailOf(fileId)]) {
      const info = await this.objects.info(name)
      if (info && !info.deleted) await this.objects.delete(name)
    }
  }

  async list(): Promise<readonly FileRecord[]> {
    const objects = await this.objects.list()
    return objects.filter(({ name, deleted }) => !deleted && !name.endsWith('.thumbnail')).map(recordOf)
  }

  async sweepRemains(): Promise<void> {
    const manager = await jetstreamManager(this.nats, { checkAPI: false })
    const { state } = await manager.streams.info(STREAM, { subjects_filter: `$O.${FILES_BUCKET}.C.>` })
    const whole = new Set((await this.objects.list()).map(({ nuid }) => nuid))
    const remains = new Map<string, number>()
    for (const [subject, chunks] of Object.entries(state.subjects ?? {})) {
      if (whole.has(subject.split('.')[3] ?? '')) continue
      if (this.#remains.get(subject) === chunks) await manager.streams.purge(STREAM, { filter: subject })
      else remains.set(subject, chunks)
    }
    this.#remains = remains
  }
}

const recordOf = ({ name, size, mtime, metadata }: ObjectInfo): FileRecord => ({
  id: name,
  size,
  storedAt: Date.parse(mtime),
  userId: metadata?.user ?? '',
  file: metadata?.file ? fromJsonString(FileSchema, metadata.file) : undefined,
})
