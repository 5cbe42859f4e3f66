import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { AttachmentInputSchema, FilePurpose } from '@beseda/proto/group/v1/group_service'
import { recordingFormatOf } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import type { KeyedHashes } from '../../groups/application/ports.js'
import type { Posting } from '../../messages/application/posting.js'
import type { Files } from './files.js'
import type { FileStore, FileUses, ViewCatchUp } from './ports.js'

/** Refusals that stay: the author of the recording may not post it, today or later. */
const FINAL: readonly ErrorReason[] = [
  ErrorReason.NOT_A_MEMBER,
  ErrorReason.NOT_PERMITTED,
  ErrorReason.MUTED,
  ErrorReason.ARCHIVED,
  ErrorReason.BLOCKED,
  ErrorReason.GROUP_DELETED,
]
/** What is read to know the format. */
const BEGINNING_BYTES = 64

export interface RecordingPost {
  readonly groupId: string
  readonly recordingId: string
  readonly userId: string
  readonly startedAt: Date
  readonly soundOnly: boolean
  readonly now: Date
  readonly traceparent: string | undefined
}

/** How long one recording may take. Longer than gigabytes on a slow disk; a log or store that hangs ends it then. */
const RUN_MS = 10 * 60_000

/** Recordings of calls: the gateway stores their pieces, and here they become a file and a message. */
export class Recordings {
  readonly #running = new Map<string, Promise<boolean>>()

  constructor(
    private readonly store: FileStore,
    private readonly files: Pick<Files, 'finish'>,
    private readonly posting: Pick<Posting, 'post'>,
    private readonly keys: Pick<KeyedHashes, 'id'>,
    private readonly uses: Pick<FileUses, 'isKept'>,
    private readonly view: ViewCatchUp,
  ) {}

  /**
   * Makes one file of the pieces and posts it. The file has the id of the recording, and the message one that follows from it, which nobody
   * can have used before: so a repeat goes on where the first request ended. False: there are no pieces, or their author may not post; then nothing stays behind. Errors: those of
   * {@link Posting.post} that may be over later.
   */
  async post(post: RecordingPost): Promise<boolean> {
    const { recordingId } = post
    const present = this.#running.get(recordingId)
    // Two at once would take the pieces and the file from each other.
    if (present !== undefined) return present
    // Its own time, not the caller's: what is half done when they no longer wait is finished.
    const running = this.#run(post, AbortSignal.timeout(RUN_MS)).finally(() => this.#running.delete(recordingId))
    this.#running.set(recordingId, running)
    return running
  }

  async #run(post: RecordingPost, signal: AbortSignal): Promise<boolean> {
    const { recordingId } = post
    try {
      if (!(await this.#makeFile(post, signal))) return false
      await this.#send(post, signal)
    } catch (error) {
      if (!(error instanceof Refusal) || !FINAL.includes(error.reason)) throw error
      // A request before this one may have posted it, when its author still might.
      await this.view.catchUp(signal)
      const isPosted = this.uses.isKept(recordingId)
      if (!isPosted) await this.store.delete(recordingId)
      await this.store.deletePieces(recordingId)
      return isPosted
    }
    await this.store.deletePieces(recordingId)
    return true
  }

  /** False: there is nothing of which to make it. */
  async #makeFile({ recordingId, userId, startedAt, soundOnly }: RecordingPost, signal: AbortSignal): Promise<boolean> {
    const isJoined = (await this.store.find(recordingId)) !== undefined
    if (!isJoined && !(await this.store.joinPieces(recordingId, userId))) return false
    const name = nameOf(startedAt)
    const file = await this.files.finish(recordingId, userId, name, FilePurpose.ATTACHMENT, signal)
    const format = recordingFormatOf(await this.store.read(recordingId, BEGINNING_BYTES))
    // Sound in such a file is a film without a picture. What is neither is only ever saved.
    const contentType = format ? `${soundOnly ? 'audio' : 'video'}/${format}` : 'application/octet-stream'
    const shown = { width: 0, height: 0, hasThumbnail: false, moves: false }
    await this.store.describe(recordingId, { ...file, ...shown, contentType, name: `${name}.${format ?? 'bin'}` })
    return true
  }

  async #send({ groupId, recordingId, userId, now, traceparent }: RecordingPost, signal: AbortSignal): Promise<void> {
    const attachments = [create(AttachmentInputSchema, { fileId: recordingId })]
    const nothing = { text: '', forward: undefined, replyTo: '', threadId: '' }
    const messageId = this.keys.id('message of a recording', recordingId)
    const message = { messageId, groupId, authorId: userId, now, traceparent, signal }
    await this.posting.post({ ...message, ...nothing, attachments })
  }
}

/** In universal time, which the name says: people in several zones read it. */
const nameOf = (startedAt: Date): string =>
  `call-${startedAt.toISOString().slice(0, 16).replace('T', '-').replace(':', '')}-utc`
