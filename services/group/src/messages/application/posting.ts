import { type EventBody } from '@beseda/event-log'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Access, Visit } from '../../groups/application/access.js'
import type { GroupReader } from '../../groups/application/ports.js'
import { scopeOf } from '../../groups/application/records.js'
import { isSlowed, permitPost, permittedMentions } from '../domain/message.js'
import { requireEnd } from '../domain/poll.js'
import { postedEvent } from '../domain/posted-event.js'
import type { Contents, Draft, MessageContents } from './message-contents.js'
import type { DecidedChange, Guarded, MessageLane } from './message-lane.js'
import type { MessageStore } from './ports.js'
import type { Posted, Retries } from './retries.js'

export interface Post extends Draft {
  readonly messageId: string
  readonly groupId: string
  readonly authorId: string
  /** Message id in the same group; empty: none. */
  readonly replyTo: string
  /** Id of the message that began the thread; empty: the main line. */
  readonly threadId: string
  /** The answer in the thread is in the main line, too. */
  readonly alsoToGroup?: boolean
  readonly now: Date
  readonly traceparent: string | undefined
  readonly signal: AbortSignal
}

/** Posting by people and bots. */
export class Posting {
  constructor(
    private readonly access: Access,
    private readonly groups: Pick<GroupReader, 'member'>,
    private readonly messages: MessageStore,
    private readonly lane: MessageLane,
    private readonly contents: MessageContents,
    private readonly retries: Retries,
  ) {}

  /**
   * The place of the message in the log; a retry gets that of the first request. Errors: NOT_A_MEMBER, NOT_PERMITTED, MUTED, ARCHIVED,
   * SLOW_MODE, BLOCKED, BAD_TEXT, TOO_MANY, FILE_NOT_FOUND; INVALID_REQUEST for an empty message, for a reply or a thread of a
   * message that the author cannot see, or for an answer to the group as well that is in no thread; COMMAND_ID_REUSED when the id is that of another message.
   */
  async post(post: Post): Promise<Posted> {
    const { groupId, messageId, authorId, now, traceparent, signal, replyTo } = post
    const contents = await this.contents.of(post, authorId, signal)
    await this.access.knowBlocks(groupId, authorId, signal)
    const decided = await this.lane.submit(groupId, {
      commandId: messageId,
      actorId: authorId,
      now,
      traceparent,
      signal,
      size:
        contents.text.length * 3 +
        contents.attachments.length * 300 +
        (contents.poll?.options.join('').length ?? 0) * 3,
      decide: (before) => this.#decide(post, contents, before),
    })
    return this.retries.placeOf(groupId, decided, { ...contents, replyTo, ...linesOf(post) })
  }

  /** The roster first: what a person may not see is not told to them by the order of the refusals. */
  #decide(post: Post, contents: Contents, before: readonly DecidedChange[]): EventBody | Guarded | undefined {
    const { groupId, authorId, messageId, now } = post
    const visit = this.access.visit(groupId, authorId)
    if (this.retries.isRetry(groupId, messageId, before)) return undefined
    this.#permit(post, visit, before)
    this.access.refuseBlocked(visit.group, authorId)
    const { text, attachments, forwarded, poll } = contents
    if (poll) requireEnd(poll, now.getTime())
    const { replyTo } = post
    const repliedUserId = this.#repliedUserId(groupId, replyTo, visit)
    this.#requireThread(post, visit)
    const isMember = (userId: string) => this.groups.member(groupId, userId) !== undefined
    // Words of somebody else, as in a quotation: they call nobody here.
    const said = forwarded ? '' : text
    const mentions = permittedMentions(said, repliedUserId, scopeOf(visit.group), visit.member.role, isMember)
    const more = { ...(mentions ? { mentions } : {}), ...(forwarded ? { forwarded } : {}), ...(poll ? { poll } : {}) }
    const content = { messageId, authorId, text, replyTo, ...linesOf(post), attachments: [...attachments], ...more }
    const event = postedEvent(content, visit.group.settings, now.getTime())
    if (!isSlowed(visit.group.settings, visit.member.role)) return event
    // Two posts at once are one too many, also on two replicas.
    return { event, guard: `posts of ${authorId} ${this.messages.lastPost(groupId, authorId).seq}` }
  }

  /** When the author last posted is asked only where there is a slow mode. */
  #permit(post: Post, { group, member }: Visit, before: readonly DecidedChange[]): void {
    const { slowModeS } = group.settings
    const { role, mutedUntil } = member
    const lastPostAt = slowModeS === 0 ? 0 : this.#lastPostAt(post, before)
    const scope = { ...scopeOf(group), archived: group.archived, slowModeS }
    permitPost(scope, { role, mutedUntil, lastPostAt }, post.now.getTime())
  }

  /** Unix ms; 0: never. */
  #lastPostAt({ groupId, authorId, now }: Post, before: readonly DecidedChange[]): number {
    const isJustNow = before.some(({ change, body }) => change.actorId === authorId && body?.case === 'messagePosted')
    return isJustNow ? now.getTime() : this.messages.lastPost(groupId, authorId).at
  }

  /** Author of the message that is replied to; empty: no reply. Errors: INVALID_REQUEST. */
  #repliedUserId(groupId: string, replyTo: string, { reader }: Visit): string {
    if (replyTo === '') return ''
    const replied = this.messages.visible(groupId, replyTo, reader)
    if (!replied) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'reply_to' })
    return replied.authorId
  }

  /** A thread begins in the main line; a message in a thread has no thread of its own. Errors: INVALID_REQUEST. */
  #requireThread({ groupId, threadId, alsoToGroup }: Post, { reader }: Visit): void {
    if (threadId === '') {
      if (alsoToGroup) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'also_to_group' })
      return
    }
    const head = this.messages.visible(groupId, threadId, reader)
    const begins = head?.threadId === '' && head.alsoInThread === ''
    if (!begins) throw new Refusal(ErrorReason.INVALID_REQUEST, { field: 'thread_id' })
  }
}

/** An answer that is for the group as well stands in the main line, and is shown in its thread. */
const linesOf = ({ threadId, alsoToGroup }: Pick<Post, 'threadId' | 'alsoToGroup'>) =>
  alsoToGroup ? { threadId: '', alsoInThread: threadId } : { threadId, alsoInThread: '' }
