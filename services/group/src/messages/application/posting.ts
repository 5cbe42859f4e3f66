import { type EventBody } from '@beseda/event-log'
import { type GroupHistory, upToDate } from '@beseda/history'
import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import {
  type Attachment,
  AttachmentSchema,
  type Forwarded,
  ForwardedSchema,
  type MessagePosted,
  MessagePostedSchema,
} from '@beseda/proto/group/v1/events'
import { type AttachmentInput, FilePurpose, type Message } from '@beseda/proto/group/v1/group_service'
import { cleanName } from '@beseda/rules'
import { create, fromBinary } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { Files } from '../../files/application/files.js'
import {
  type GroupRow,
  groupById,
  isPerson,
  memberOf,
  scopeOf,
  settingsOf,
  type WebhookRow,
  webhookByToken,
} from '../../groups/adapters/views/group-reader.js'
import type { Access } from '../../groups/application/access.js'
import { tokenHash } from '../../groups/application/group-commands.js'
import { lastPostAt, type MessageRow, messageById, visibleMessage } from '../adapters/views/message-reader.js'
import { type Content, callOut, composeText, isSameContent, permitPost } from '../domain/message.js'
import type { DecidedChange, MessageLane } from './message-lane.js'
import { wordingsOf } from './message-revisions.js'

export interface Post {
  readonly messageId: string
  readonly groupId: string
  readonly authorId: string
  readonly text: string
  readonly replyTo: string
  readonly threadId: string
  readonly attachments: readonly AttachmentInput[]
  readonly forward: { readonly groupId: string; readonly messageId: string } | undefined
  readonly now: Date
  readonly traceparent: string | undefined
  readonly signal: AbortSignal
}

export interface WebhookPost {
  readonly token: string
  readonly messageId: string
  readonly text: string
  readonly authorName: string
  readonly now: Date
  readonly traceparent: string | undefined
  readonly signal: AbortSignal
}

/** Where a message to be forwarded is read: as the person, on whatever replica has its group. */
export interface MessageSource {
  read(groupId: string, messageId: string, userId: string, signal: AbortSignal): Promise<Message>
}

/** Posting, by people, bots and webhooks. */
export class Posting {
  constructor(
    private readonly history: GroupHistory,
    private readonly access: Access,
    private readonly lane: MessageLane,
    private readonly files: Files,
    private readonly source: MessageSource,
    /** The history streams this process follows. */
    private readonly streams: readonly string[],
  ) {}

  /**
   * The message as it stands in the log. A retry gets the first one. Errors: NOT_A_MEMBER, NOT_PERMITTED, MUTED, ARCHIVED,
   * SLOW_MODE, BLOCKED, BAD_TEXT, TOO_MANY; INVALID_REQUEST for an empty message, or one that answers what is not there;
   * FILE_NOT_FOUND; COMMAND_ID_REUSED when the id is another message's.
   */
  async post(post: Post): Promise<MessageRow> {
    const { groupId, messageId, authorId } = post
    const { text, attachments, forwarded } = await this.#contents(post)
    const change = {
      commandId: messageId,
      actorId: authorId,
      now: post.now,
      traceparent: post.traceparent,
      size: text.length * 3 + attachments.length * 300,
      decide: (before: readonly DecidedChange[]) => this.#decide(post, { text, attachments, forwarded }, before),
    }
    const { body } = await this.lane.submit(groupId, change)
    const row = messageById(this.history.view, groupId, messageId)
    if (!row) throw new Refusal(ErrorReason.NOT_A_MEMBER)
    if (row.author_id !== authorId) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    const { replyTo, threadId } = post
    if (!body) await this.#requireSame(row, { text, attachments, forwarded, replyTo, threadId })
    return row
  }

  /** A message from outside. Errors: WEBHOOK_NOT_FOUND, ARCHIVED, BAD_TEXT. */
  async postByWebhook(post: WebhookPost): Promise<MessageRow> {
    const webhook = await this.#webhook(post)
    const { group_id: groupId, id: authorId } = webhook
    const messageId = post.messageId || newId()
    const text = composeText(post.text, false)
    const authorName = post.authorName.trim() === '' ? webhook.name : cleanName('author_name', post.authorName)
    const { body } = await this.lane.submit(groupId, {
      commandId: messageId,
      actorId: authorId,
      now: post.now,
      traceparent: post.traceparent,
      size: text.length * 3,
      decide: (before) => {
        const group = groupById(this.history.view, groupId)
        if (!group || !webhookByToken(this.history.view, tokenHash(post.token)))
          throw new Refusal(ErrorReason.WEBHOOK_NOT_FOUND)
        if (group.archived === 1) throw new Refusal(ErrorReason.ARCHIVED)
        if (isPerson(this.history.view, authorId)) throw new Refusal(ErrorReason.WEBHOOK_NOT_FOUND)
        if (this.#isThere(groupId, messageId, before)) return undefined
        return this.#event(group, { messageId, authorId, text, authorName }, post.now)
      },
    })
    const row = messageById(this.history.view, groupId, messageId)
    if (!row || row.author_id !== authorId) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    if (!body) await this.#requireSame(row, { text, authorName })
    return row
  }

  /**
   * A retry says what the first request said; a message that was edited since is compared with its first text, one that was
   * deleted with nothing. Of a forwarded one the original may have changed meanwhile. Errors: COMMAND_ID_REUSED.
   */
  async #requireSame(row: MessageRow, retry: Content): Promise<void> {
    if (row.deleted === 1) return
    const posted = fromBinary(MessagePostedSchema, row.body)
    const { group_id: groupId, id, seq } = row
    const first = row.edited_seq > 0 ? await wordingsOf(this.history, groupId, id, seq) : undefined
    if (!isSameContent({ ...posted, text: first?.asked ?? posted.text }, retry)) {
      throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    }
  }

  /** Nothing in a token says where its group is, so before it is unknown every stream is read to its end. Errors: WEBHOOK_NOT_FOUND. */
  async #webhook({ token, signal }: WebhookPost): Promise<WebhookRow> {
    const find = () => webhookByToken(this.history.view, tokenHash(token))
    const known = find()
    if (known) return known
    await upToDate(this.history.deps, this.streams, signal)
    const found = find()
    if (!found) throw new Refusal(ErrorReason.WEBHOOK_NOT_FOUND)
    return found
  }

  /** What is known before the lane is asked: the text in order, the files there, what is forwarded read. */
  async #contents(post: Post) {
    const { forward, authorId, signal } = post
    if (!forward) {
      const attachments = await Promise.all(post.attachments.map((input) => this.#attachment(input, authorId)))
      return { text: composeText(post.text, attachments.length > 0), attachments, forwarded: undefined }
    }
    if (post.attachments.length > 0 || post.text !== '')
      throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'forward' })
    const original = await this.source.read(forward.groupId, forward.messageId, authorId, signal)
    const first = original.forwarded
    const { authorId: originalId, text, attachments, sentAt } = original
    // People are named by who looks, so that the name goes with their account.
    const { authorName } = original
    const when = sentAt ? { sentAt } : {}
    const forwarded = first ?? create(ForwardedSchema, { authorId: originalId, authorName, ...when })
    return { text, attachments, forwarded }
  }

  async #attachment({ fileId, voice, durationMs, waveform }: AttachmentInput, userId: string): Promise<Attachment> {
    const { name, contentType, size, width, height, hasThumbnail } = await this.files.require(
      fileId,
      userId,
      FilePurpose.ATTACHMENT,
    )
    // A recording of a browser is a film without a picture, as far as its first bytes tell.
    if (voice && !/^(audio|video)\//.test(contentType)) throw new Refusal(ErrorReason.BAD_FILE, { file_id: fileId })
    const sound = voice ? { voice, durationMs, waveform } : {}
    return create(AttachmentSchema, { fileId, name, contentType, size, width, height, hasThumbnail, ...sound })
  }

  #decide(
    post: Post,
    contents: { text: string; attachments: readonly Attachment[]; forwarded: Forwarded | undefined },
    before: readonly DecidedChange[],
  ): EventBody | undefined {
    const { groupId, authorId, messageId, replyTo, threadId, now } = post
    const { view } = this.history
    const { group, member, reader } = this.access.visit(groupId, authorId)
    if (this.#isThere(groupId, messageId, before)) return undefined
    const { slowModeS } = settingsOf(group)
    permitPost(
      { ...scopeOf(group), archived: group.archived === 1, slowModeS },
      {
        role: member.role,
        mutedUntil: member.muted_until,
        lastPostAt: slowModeS === 0 ? 0 : this.#lastPostAt(post, before),
      },
      now.getTime(),
    )
    this.access.refuseBlocked(group, authorId)
    const isThere = (id: string) => visibleMessage(view, groupId, id, reader) !== undefined
    const replied = replyTo === '' ? undefined : visibleMessage(view, groupId, replyTo, reader)
    if (replyTo !== '' && !replied) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'reply_to' })
    if (threadId !== '') this.#requireThread(groupId, threadId, isThere)
    const { text, attachments, forwarded } = contents
    const mentions = callOut(
      text,
      replied?.author_id ?? '',
      scopeOf(group),
      member.role,
      (userId) => memberOf(view, groupId, userId) !== undefined,
    )
    const more = { ...(mentions ? { mentions } : {}), ...(forwarded ? { forwarded } : {}) }
    return this.#event(
      group,
      { messageId, authorId, text, replyTo, threadId, attachments: [...attachments], ...more },
      now,
    )
  }

  /** The same message is in the log already, or ahead in the same commit. */
  #isThere(groupId: string, messageId: string, before: readonly DecidedChange[]): boolean {
    return (
      before.some(({ change }) => change.commandId === messageId) ||
      messageById(this.history.view, groupId, messageId) !== undefined
    )
  }

  /** Unix ms; 0: never. */
  #lastPostAt({ groupId, authorId, now }: Post, before: readonly DecidedChange[]): number {
    const isJustNow = before.some(({ change, body }) => change.actorId === authorId && body?.case === 'messagePosted')
    return isJustNow ? now.getTime() : lastPostAt(this.history.view, groupId, authorId)
  }

  #event(group: GroupRow, content: Partial<MessagePosted>, now: Date): EventBody {
    const { messageTtlS } = settingsOf(group)
    const expiry = messageTtlS > 0 ? { expiresAt: timestampFromMs(now.getTime() + messageTtlS * 1000) } : {}
    return { case: 'messagePosted', value: create(MessagePostedSchema, { ...content, ...expiry } as MessagePosted) }
  }

  /** Threads begin in the main line, and have no threads of their own. */
  #requireThread(groupId: string, threadId: string, isThere: (id: string) => boolean): void {
    const head = messageById(this.history.view, groupId, threadId)
    if (head?.thread_id !== '' || !isThere(threadId)) {
      throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'thread_id' })
    }
  }
}
