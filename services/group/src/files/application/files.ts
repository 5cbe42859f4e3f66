import { Semaphore } from '@beseda/async'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type File, FilePurpose, FileSchema } from '@beseda/proto/group/v1/group_service'
import { create } from '@bufbuild/protobuf'
import type { Access } from '../../groups/application/access.js'
import type { MessageStore } from '../../messages/application/ports.js'
import { fileName } from '../domain/file-name.js'
import type { FileInspector, FileStore, FileUses, ViewCatchUp } from './ports.js'

/** Files that are inspected at once: a decoded picture takes up to 160 MB. */
const AT_ONCE = 2
/** Files that wait for it. More: uploads wait longer before they are refused; fewer: refusals when several people send pictures. */
const WAITING = 64
/** A larger file is not read whole, so a process holds at most two of these. A picture of 40 megapixels rarely takes more as PNG. */
const READ_WHOLE_BYTES = 64 * 1024 * 1024
/** What is read of a larger one: its kind is in the first bytes, in office documents somewhat behind them. */
const BEGINNING_BYTES = 1024 * 1024
/** When a refused upload may come again. */
const RETRY_AFTER_MS = 3_000

/** Uploaded files: who may attach one, and who may download it. */
export class Files {
  readonly #turns = new Semaphore({ permits: AT_ONCE, queueLimit: WAITING })

  constructor(
    private readonly store: FileStore,
    private readonly uses: Pick<FileUses, 'inGroupsOf'>,
    private readonly inspector: FileInspector,
    private readonly access: Pick<Access, 'find'>,
    private readonly messages: Pick<MessageStore, 'visible'>,
    private readonly view: ViewCatchUp,
  ) {}

  /**
   * Inspects a file that the gateway has stored, when its turn comes. Errors: FILE_NOT_FOUND; BAD_FILE, and then the file is deleted;
   * RATE_LIMITED when too many wait.
   */
  async finish(fileId: string, userId: string, name: string, purpose: FilePurpose, signal: AbortSignal): Promise<File> {
    const record = await this.store.find(fileId)
    if (!record || record.userId !== userId) throw new Refusal(ErrorReason.FILE_NOT_FOUND)
    if (record.file) return record.file
    if (this.#turns.full) throw new Refusal(ErrorReason.RATE_LIMITED, {}, RETRY_AFTER_MS)
    try {
      const tidy = fileName(name)
      const inspection = await this.#turns.run(async () => {
        // The caller has gone: nobody would be told of the file.
        signal.throwIfAborted()
        const isWhole = record.size <= READ_WHOLE_BYTES
        const bytes = await this.store.read(fileId, isWhole ? undefined : BEGINNING_BYTES)
        return this.inspector.inspect(bytes, isWhole, purpose)
      })
      const { contentType, width, height, thumbnail, moves } = inspection
      if (thumbnail) await this.store.putThumbnail(fileId, thumbnail)
      const kind = {
        contentType,
        size: BigInt(record.size),
        width,
        height,
        hasThumbnail: thumbnail !== undefined,
        moves,
      }
      const file = create(FileSchema, { id: fileId, name: tidy, ...kind, purpose })
      await this.store.describe(fileId, file)
      return file
    } catch (error) {
      await this.store.delete(fileId)
      throw error
    }
  }

  /** A file that this person has uploaded for this purpose. Errors: FILE_NOT_FOUND, BAD_FILE. */
  async require(fileId: string, userId: string, purpose: FilePurpose): Promise<File> {
    const record = await this.store.find(fileId)
    if (!record?.file || record.userId !== userId) throw new Refusal(ErrorReason.FILE_NOT_FOUND, { file_id: fileId })
    if (record.file.purpose !== purpose) throw new Refusal(ErrorReason.BAD_FILE, { file_id: fileId })
    return record.file
  }

  /**
   * A file for download: pictures of people and groups for everybody, all others for those who see a message with them. The message
   * reaches people over a socket, perhaps before it is in this view, so the view catches up before anybody is refused.
   * Errors: FILE_NOT_FOUND.
   */
  async authorize(fileId: string, userId: string, signal: AbortSignal): Promise<File> {
    const record = await this.store.find(fileId)
    const { file } = record ?? {}
    if (file && (file.purpose === FilePurpose.AVATAR || record?.userId === userId)) return file
    // Also for a file that is not there: the time of the answer does not tell.
    if (!this.#isShownTo(fileId, userId)) await this.view.catchUp(signal)
    if (!file || !this.#isShownTo(fileId, userId)) throw new Refusal(ErrorReason.FILE_NOT_FOUND)
    return file
  }

  #isShownTo(fileId: string, userId: string): boolean {
    return this.uses.inGroupsOf(fileId, userId).some(({ groupId, messageId }) => {
      const visit = this.access.find(groupId, userId)
      return visit !== undefined && this.messages.visible(groupId, messageId, visit.reader) !== undefined
    })
  }
}
