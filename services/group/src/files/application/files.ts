import { forEachSettled } from '@beseda/async'
import type { SqliteView } from '@beseda/event-log'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type File, FilePurpose, FileSchema } from '@beseda/proto/group/v1/group_service'
import { create } from '@bufbuild/protobuf'
import { readerIn } from '../../groups/adapters/views/group-reader.js'
import { visibleMessage } from '../../messages/adapters/views/message-reader.js'
import { fileName } from '../../messages/domain/message.js'

/** What is written beside a stored file. */
export interface FileRecord {
  readonly id: string
  readonly size: number
  /** Unix ms. */
  readonly storedAt: number
  readonly userId: string
  /** Undefined: not looked at yet. */
  readonly file: File | undefined
}

/** Where files are kept. The gateway streams them in and out; here they are looked at and deleted. */
export interface FileStore {
  find(fileId: string): Promise<FileRecord | undefined>
  read(fileId: string): Promise<Uint8Array>
  describe(fileId: string, file: File): Promise<void>
  putThumbnail(fileId: string, bytes: Uint8Array): Promise<void>
  /** With its thumbnail; nothing happens when it is not there. */
  delete(fileId: string): Promise<void>
  list(): Promise<readonly Pick<FileRecord, 'id' | 'storedAt'>[]>
  /** Removes pieces of uploads that were cut off and have not grown since the last call. */
  sweepRemains(): Promise<void>
}

/** What a file's first bytes and, for pictures, its pixels say. */
export interface Inspection {
  readonly contentType: string
  readonly width: number
  readonly height: number
  readonly thumbnail: Uint8Array | undefined
}

/** Errors: BAD_FILE for a picture that cannot be read or is too large. */
export type Inspect = (bytes: Uint8Array, purpose: FilePurpose) => Promise<Inspection>

/** A file that nothing has named for so long is deleted: its message was never sent, its picture replaced. */
const UNUSED_MS = 24 * 3_600_000

/** Uploaded files: who may attach one, who may have one, and when one goes. */
export class Files {
  constructor(
    private readonly view: () => SqliteView,
    private readonly store: FileStore,
    private readonly inspect: Inspect,
    /** The pictures that people show now. */
    private readonly picturesOf: (userIds: readonly string[]) => Promise<readonly string[]>,
    /** The view has all partitions. A file that nothing names in some of them may be named in another: whoever sees a part deletes none. */
    private readonly seesAll: boolean,
    /** Brings the view to what is in the log now. */
    private readonly catchUp: (signal: AbortSignal) => Promise<void>,
  ) {}

  /** Looks at what the gateway has stored. Errors: FILE_NOT_FOUND; BAD_FILE, and then it is deleted. */
  async finish(fileId: string, userId: string, name: string, purpose: FilePurpose): Promise<File> {
    const record = await this.store.find(fileId)
    if (!record || record.userId !== userId) throw new Refusal(ErrorReason.FILE_NOT_FOUND)
    if (record.file) return record.file
    try {
      const tidy = fileName(name)
      const { contentType, width, height, thumbnail } = await this.inspect(await this.store.read(fileId), purpose)
      if (thumbnail) await this.store.putThumbnail(fileId, thumbnail)
      const size = BigInt(record.size)
      const hasThumbnail = thumbnail !== undefined
      const file = create(FileSchema, {
        id: fileId,
        name: tidy,
        contentType,
        size,
        width,
        height,
        hasThumbnail,
        purpose,
      })
      await this.store.describe(fileId, file)
      return file
    } catch (error) {
      await this.store.delete(fileId)
      throw error
    }
  }

  /** A file that a person has uploaded for a purpose. Errors: FILE_NOT_FOUND, BAD_FILE. */
  async require(fileId: string, userId: string, purpose: FilePurpose): Promise<File> {
    const record = await this.store.find(fileId)
    if (!record?.file || record.userId !== userId) throw new Refusal(ErrorReason.FILE_NOT_FOUND, { file_id: fileId })
    if (record.file.purpose !== purpose) throw new Refusal(ErrorReason.BAD_FILE, { file_id: fileId })
    return record.file
  }

  /**
   * For somebody who wants to have it: avatars are for all, the rest for members of a group where it was sent. Its message comes over a
   * socket, perhaps sooner than into this view, which is brought up before anybody is refused.
   */
  async authorize(fileId: string, userId: string, signal: AbortSignal): Promise<File> {
    const record = await this.store.find(fileId)
    const { file } = record ?? {}
    if (!record || !file) throw new Refusal(ErrorReason.FILE_NOT_FOUND)
    if (file.purpose === FilePurpose.AVATAR || record.userId === userId || this.#isShownTo(fileId, userId)) return file
    await this.catchUp(signal)
    if (!this.#isShownTo(fileId, userId)) throw new Refusal(ErrorReason.FILE_NOT_FOUND)
    return file
  }

  #isShownTo(fileId: string, userId: string): boolean {
    const view = this.view()
    const uses = view.all<{ group_id: string; message_id: string }>(
      'SELECT file_use.group_id, message_id FROM file_use JOIN member USING (group_id) WHERE file_id = ? AND user_id = ?',
      fileId,
      userId,
    )
    const now = Date.now()
    return uses.some(({ group_id: groupId, message_id: messageId }) => {
      const reader = readerIn(view, groupId, userId, now)
      return reader !== undefined && visibleMessage(view, groupId, messageId, reader) !== undefined
    })
  }

  /** Deletes what no message holds any more. */
  async deleteDue(): Promise<void> {
    if (!this.seesAll) return
    const due = this.view().all<{ file_id: string }>('SELECT file_id FROM file_due LIMIT 500')
    await forEachSettled(
      due,
      ({ file_id }) => `file ${file_id}`,
      async ({ file_id }) => {
        if (this.#isUsed(file_id)) return
        await this.store.delete(file_id)
        this.view().run('DELETE FROM file_due WHERE file_id = ?', file_id)
      },
    )
  }

  /** Deletes what was uploaded and never sent, pictures that nobody shows any more, and broken uploads. `now`: Unix ms. */
  async sweep(now: number): Promise<void> {
    if (!this.seesAll) return
    const old = (await this.store.list()).filter(({ storedAt }) => now - storedAt > UNUSED_MS)
    const loose = (
      await Promise.all(old.filter(({ id }) => !this.#isUsed(id)).map(({ id }) => this.store.find(id)))
    ).filter((record) => record !== undefined)
    const owners = [
      ...new Set(loose.flatMap(({ userId, file }) => (file?.purpose === FilePurpose.AVATAR ? [userId] : []))),
    ]
    const faces = new Set(await this.picturesOf(owners))
    for (const { id } of loose) if (!faces.has(id)) await this.store.delete(id)
    await this.store.sweepRemains()
  }

  /** By a message, or as the picture of a group. */
  #isUsed(fileId: string): boolean {
    const view = this.view()
    return (
      view.get('SELECT 1 FROM file_use WHERE file_id = ? LIMIT 1', fileId) !== undefined ||
      view.get('SELECT 1 FROM grp WHERE avatar_file_id = ? LIMIT 1', fileId) !== undefined
    )
  }
}
