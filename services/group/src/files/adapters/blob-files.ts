import { type BlobInfo, type BlobStore, pieceOf, streamOf } from '@beseda/platform'
import { type File, FileSchema } from '@beseda/proto/group/v1/group_service'
import { fromJsonString, toJsonString } from '@bufbuild/protobuf'
import { type FileRecord, FileStore } from '../application/ports.js'

const THUMBNAIL = '.thumbnail'
/** Pieces of a recording that are deleted at once: an hour has 1,800. */
const AT_ONCE = 8

/** Stores files as blobs: what is known of a file is in the metadata of its blob; the thumbnail is a blob of its own. */
export class BlobFiles extends FileStore {
  constructor(private readonly blobs: BlobStore) {
    super()
  }

  async find(fileId: string): Promise<FileRecord | undefined> {
    const info = await this.blobs.info(fileId)
    return info && recordOf(info)
  }

  async read(fileId: string, first?: number): Promise<Uint8Array> {
    const content = await this.blobs.read(fileId, first === undefined ? undefined : { start: 0, end: first - 1 })
    if (!content) throw new Error(`file ${fileId} has no content`)
    return new Uint8Array(await new Response(content as ReadableStream<Uint8Array<ArrayBuffer>>).arrayBuffer())
  }

  async describe(fileId: string, file: File): Promise<void> {
    const { metadata } = (await this.blobs.info(fileId)) ?? { metadata: {} }
    await this.blobs.describe(fileId, { ...metadata, file: toJsonString(FileSchema, file) })
  }

  async joinPieces(fileId: string, userId: string): Promise<boolean> {
    const count = await this.#count(fileId)
    // Only after they are counted: whoever has made the file may be deleting pieces already, and a part would take its place.
    if (await this.blobs.info(fileId)) return true
    if (count === 0) return false
    await this.blobs.put(fileId, this.#pieces(fileId, count), { user: userId })
    return true
  }

  async deletePieces(fileId: string): Promise<void> {
    const last = await this.#count(fileId)
    // From the end: after a crash in the middle, the first ones still lead to the others.
    for (let end = last; end > 0; end -= AT_ONCE) {
      const some = Array.from({ length: Math.min(AT_ONCE, end) }, (_, i) => pieceOf(fileId, end - 1 - i))
      await Promise.all(some.map((name) => this.blobs.delete(name)))
    }
  }

  async #count(fileId: string): Promise<number> {
    for (let n = 0; ; n++) if (!(await this.blobs.info(pieceOf(fileId, n)))) return n
  }

  /** One after the other: only a part of one is in memory. Fails when one is gone, so that no file ends in the middle. */
  #pieces(fileId: string, count: number): ReadableStream<Uint8Array> {
    let n = 0
    let reader: ReadableStreamDefaultReader<Uint8Array> | undefined
    return new ReadableStream({
      pull: async (controller) => {
        for (;;) {
          if (n === count) return controller.close()
          reader ??= (await this.blobs.read(pieceOf(fileId, n)))?.getReader()
          if (!reader) throw new Error(`piece ${n} of recording ${fileId} is gone`)
          const { value } = await reader.read()
          if (value) return controller.enqueue(value)
          reader = undefined
          n++
        }
      },
    })
  }

  putThumbnail(fileId: string, bytes: Uint8Array): Promise<void> {
    return this.blobs.put(fileId + THUMBNAIL, streamOf(bytes), {})
  }

  async delete(fileId: string): Promise<void> {
    await this.blobs.delete(fileId)
    await this.blobs.delete(fileId + THUMBNAIL)
  }

  async list(): Promise<readonly Pick<FileRecord, 'id' | 'storedAt'>[]> {
    const blobs = await this.blobs.list()
    return blobs.filter(({ name }) => !name.endsWith(THUMBNAIL)).map(({ name, storedAt }) => ({ id: name, storedAt }))
  }

  sweepRemains(): Promise<void> {
    return this.blobs.sweepRemains()
  }
}

const recordOf = ({ name, size, storedAt, metadata }: BlobInfo): FileRecord => ({
  id: name,
  size,
  storedAt,
  userId: metadata.user ?? '',
  file: metadata.file ? fromJsonString(FileSchema, metadata.file) : undefined,
})
