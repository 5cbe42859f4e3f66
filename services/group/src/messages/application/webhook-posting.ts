import type { EventBody } from '@beseda/event-log'
import { type GroupHistory, upToDate } from '@beseda/history'
import { newId, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import { cleanLine, mayDo } from '@beseda/rules'
import type { GroupReader } from '../../groups/application/ports.js'
import { type GroupRecord, scopeOf, type WebhookRecord } from '../../groups/application/records.js'
import { tokenHash } from '../../groups/application/webhook-commands.js'
import { composeText } from '../domain/message.js'
import { type NewMessage, postedEvent } from '../domain/posted-event.js'
import type { DecidedChange, MessageLane } from './message-lane.js'
import type { Posted, Retries } from './retries.js'

export interface WebhookPost {
  readonly token: string
  /** Empty: a new one. */
  readonly messageId: string
  readonly text: string
  /** Shown instead of the webhook's name; empty: the webhook's. */
  readonly authorName: string
  readonly now: Date
  readonly traceparent: string | undefined
  readonly signal: AbortSignal
}

/** Posting from outside, by a webhook's token. */
export class WebhookPosting {
  constructor(
    private readonly history: GroupHistory,
    private readonly groups: Pick<GroupReader, 'group' | 'member' | 'webhookByToken' | 'isPerson'>,
    private readonly lane: MessageLane,
    private readonly retries: Retries,
    /** The history streams that this process follows. */
    private readonly streams: readonly string[],
  ) {}

  /** Errors: WEBHOOK_NOT_FOUND, also when its author may no longer manage webhooks; ARCHIVED, BAD_TEXT, COMMAND_ID_REUSED; INVALID_REQUEST for an empty message. */
  async post(post: WebhookPost): Promise<Posted> {
    const webhook = await this.#webhook(post)
    const { groupId, id: authorId } = webhook
    const { now, traceparent, signal } = post
    const messageId = post.messageId || newId()
    const text = composeText(post.text, false)
    const authorName = cleanLine('author_name', post.authorName)
    const named = authorName === '' ? {} : { authorName }
    const content = { messageId, authorId, text, authorName: webhook.name, ...named }
    const size = text.length * 3
    const decide = (before: readonly DecidedChange[]) => this.#decide(post, webhook, content, before)
    const change = { commandId: messageId, actorId: authorId, now, traceparent, signal, size, decide }
    return this.retries.placeOf(groupId, await this.lane.submit(groupId, change), { text, ...named })
  }

  #decide(
    { token, now }: WebhookPost,
    { groupId, id }: WebhookRecord,
    content: NewMessage,
    before: readonly DecidedChange[],
  ): EventBody | undefined {
    const group = this.groups.group(groupId)
    const webhook = this.groups.webhookByToken(tokenHash(token))
    // Webhooks of earlier releases have ids that a client chose, perhaps the id of a person (ADR 51).
    const isTheirs = webhook !== undefined && !this.groups.isPerson(id)
    if (!group || !isTheirs || !this.#isBacked(webhook, group, now)) throw new Refusal(ErrorReason.WEBHOOK_NOT_FOUND)
    if (group.archived) throw new Refusal(ErrorReason.ARCHIVED)
    if (this.retries.isRetry(groupId, content.messageId, before)) return undefined
    return postedEvent(content, group.settings, now.getTime())
  }

  /** A webhook rests on its author, as an invite does: it posts while they may manage webhooks. */
  #isBacked({ groupId, createdBy }: WebhookRecord, group: GroupRecord, now: Date): boolean {
    const author = this.groups.member(groupId, createdBy)
    return author !== undefined && mayDo(Permission.MANAGE_WEBHOOKS, scopeOf(group), author, now.getTime())
  }

  /** A token does not say where its group is, so all streams are read to their end before it is refused. Errors: WEBHOOK_NOT_FOUND. */
  async #webhook({ token, signal }: WebhookPost): Promise<WebhookRecord> {
    const find = () => this.groups.webhookByToken(tokenHash(token))
    const known = find()
    if (known) return known
    await upToDate(this.history.deps, this.streams, signal)
    const found = find()
    if (!found) throw new Refusal(ErrorReason.WEBHOOK_NOT_FOUND)
    return found
  }
}
