import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import {
  type Attachment,
  AttachmentSchema,
  type Forwarded,
  ForwardedSchema,
  type Poll,
} from '@beseda/proto/group/v1/events'
import { type AttachmentInput, FilePurpose, type Message, type PollInput } from '@beseda/proto/group/v1/group_service'
import { pollText } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import type { Files } from '../../files/application/files.js'
import { composeText } from '../domain/message.js'
import { composePoll, requireQuestion } from '../domain/poll.js'
import type { MessageSource } from './ports.js'

/** What somebody wants to post. */
export interface Draft {
  readonly text: string
  readonly attachments: readonly AttachmentInput[]
  /** A message to forward, instead of a text and files. */
  readonly forward: { readonly groupId: string; readonly messageId: string } | undefined
  /** The text is its question. */
  readonly poll?: PollInput | undefined
}

export interface Contents {
  readonly text: string
  readonly attachments: readonly Attachment[]
  readonly forwarded: Forwarded | undefined
  readonly poll?: Poll | undefined
}

/** Prepares the contents of a message before its place in the log is decided: files and forwarded messages are looked up. */
export class MessageContents {
  constructor(
    private readonly files: Pick<Files, 'require'>,
    private readonly source: MessageSource,
  ) {}

  /** Errors: BAD_TEXT, FILE_NOT_FOUND, BAD_FILE; MESSAGE_NOT_FOUND or NOT_A_MEMBER for what is forwarded; INVALID_REQUEST. */
  async of(draft: Draft, authorId: string, signal: AbortSignal): Promise<Contents> {
    const { text, attachments, forward, poll } = draft
    if (poll) return pollContents(draft, poll)
    if (!forward) {
      const files = await Promise.all(attachments.map((input) => this.#attachment(input, authorId)))
      return { text: composeText(text, files.length > 0), attachments: files, forwarded: undefined }
    }
    if (attachments.length > 0 || text !== '') throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'forward' })
    const original = await this.source.read(forward.groupId, forward.messageId, authorId, signal)
    // The name of a person is not copied: readers look it up, so that it goes with the account. That of a webhook is in the message.
    const { authorId: originalId, authorName, sentAt } = original
    const first = create(ForwardedSchema, { authorId: originalId, authorName, ...(sentAt ? { sentAt } : {}) })
    return { text: withOptions(original), attachments: original.attachments, forwarded: original.forwarded ?? first }
  }

  async #attachment({ fileId, voice, durationMs, waveform }: AttachmentInput, userId: string): Promise<Attachment> {
    const file = await this.files.require(fileId, userId, FilePurpose.ATTACHMENT)
    const { name, contentType, size, width, height, hasThumbnail, moves } = file
    // By its first bytes, a recording made by a browser is a film without a picture.
    if (voice && !/^(audio|video)\//.test(contentType)) throw new Refusal(ErrorReason.BAD_FILE, { file_id: fileId })
    const sound = voice ? { voice, durationMs, waveform } : {}
    return create(AttachmentSchema, { fileId, name, contentType, size, width, height, hasThumbnail, moves, ...sound })
  }
}

/** Errors: INVALID_REQUEST, BAD_TEXT. */
function pollContents({ text, attachments, forward }: Draft, input: PollInput): Contents {
  if (forward || attachments.length > 0) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'poll' })
  const question = composeText(text, false)
  requireQuestion(question)
  return { text: question, attachments: [], forwarded: undefined, poll: composePoll(input) }
}

/** The copy of a poll is what was asked, and what could be chosen: nobody votes elsewhere than where it was asked. */
const withOptions = ({ text, poll }: Message): string => (poll ? pollText(text, poll.options) : text)
