import type { EventBody } from '@beseda/event-log'
import type { Caller } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import {
  MessageDeletedSchema,
  MessageEditedSchema,
  type MessagePosted,
  PinChangedSchema,
  ReactionChangedSchema,
} from '@beseda/proto/group/v1/events'
import { permit, refuseMuted, requireRoom } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import type { Access } from '../../groups/application/access.js'
import type { GroupReader } from '../../groups/application/ports.js'
import { scopeOf } from '../../groups/application/records.js'
import { composeText, permitPost, permittedMentions, requireEmoji } from '../domain/message.js'
import { requireQuestion } from '../domain/poll.js'
import type { ChangesAbout, Decide } from './changes-about.js'
import type { DecidedChange, MessageLane } from './message-lane.js'
import { pollGuard, votesIn } from './polls.js'
import type { MessagePlace, MessageStore, PollStore } from './ports.js'

/**
 * What can be done to a message that is there. Each answers with a sequence up to which the view has the change. Errors of all:
 * NOT_A_MEMBER, NOT_PERMITTED, MESSAGE_NOT_FOUND, ARCHIVED; of an edit and a reaction in a direct chat: BLOCKED.
 */
export class MessageChanges {
  constructor(
    private readonly about: ChangesAbout,
    private readonly access: Access,
    private readonly groups: Pick<GroupReader, 'member'>,
    private readonly messages: MessageStore,
    private readonly polls: Pick<PollStore, 'state' | 'lastSeq'>,
    private readonly lane: MessageLane,
  ) {}

  /**
   * By the author, while they may post; neither a forwarded message nor one of a webhook, nor a question on which somebody has voted.
   * Errors: BAD_TEXT, MUTED, TOO_MANY, POLL_BEGUN.
   */
  edit(groupId: string, messageId: string, text: string, caller: Caller): Promise<number> {
    const decide: Decide = ({ group, member }, message, before) => {
      if (message.authorId !== caller.userId) throw new Refusal(ErrorReason.NOT_PERMITTED)
      this.access.refuseBlocked(group, caller.userId)
      const scope = scopeOf(group)
      const author = { role: member.role, mutedUntil: member.mutedUntil, lastPostAt: 0 }
      permitPost({ ...scope, archived: false, slowModeS: 0 }, author, caller.now.getTime())
      const posted = this.messages.content(groupId, messageId)
      if (!posted || posted.forwarded || isByWebhook(posted)) throw new Refusal(ErrorReason.NOT_PERMITTED)
      const tidy = composeText(text, posted.attachments.length > 0)
      if (tidy === posted.text) return undefined
      const isMember = (userId: string) => this.groups.member(groupId, userId) !== undefined
      const mentions = permittedMentions(tidy, posted.mentions?.repliedUserId ?? '', scope, member.role, isMember)
      const value = create(MessageEditedSchema, { messageId, text: tidy, ...(mentions ? { mentions } : {}) })
      const event: EventBody = { case: 'messageEdited', value }
      if (!posted.poll) return event
      requireQuestion(tidy)
      const { voters } = votesIn(before, messageId, this.polls.state(groupId, messageId, posted.poll.options.length))
      if (voters > 0) throw new Refusal(ErrorReason.POLL_BEGUN)
      return { event, guard: pollGuard(messageId, this.polls.lastSeq(groupId, messageId)) }
    }
    return this.about.submit(groupId, messageId, caller, { size: text.length * 3, decide })
  }

  /** For all: by the author, or by somebody who may delete the messages of others. Deleting twice changes nothing. */
  delete(groupId: string, messageId: string, caller: Caller): Promise<number> {
    const decide: Decide = ({ group, member }, message) => {
      if (message.deleted) return undefined
      if (message.authorId !== caller.userId) {
        const target = { role: this.groups.member(groupId, message.authorId)?.role }
        permit(Permission.DELETE_MESSAGES, scopeOf(group), member, caller.now.getTime(), target)
      }
      return deletion(message)
    }
    return this.about.submit(groupId, messageId, caller, { size: 100, decide, alsoDeleted: true })
  }

  /** In the name of the installation: by an administrator, or because the author's account was deleted. */
  async remove(
    groupId: string,
    messageId: string,
    { commandId, userId: actorId, now, traceparent, signal }: Caller,
  ): Promise<void> {
    const decide = () => {
      const message = this.messages.place(groupId, messageId)
      return !message || message.deleted ? undefined : deletion(message)
    }
    await this.lane.submit(groupId, { commandId, actorId, now, traceparent, signal, size: 100, decide })
  }

  /** A muted member may take reactions back. Errors: INVALID_REQUEST when it is no emoji; MUTED; TOO_MANY kinds on one message. */
  async react(groupId: string, messageId: string, asked: string, present: boolean, caller: Caller): Promise<number> {
    const emoji = requireEmoji(asked)
    const decide: Decide = ({ group, member }, _, before) => {
      if (present) {
        refuseMuted(member, caller.now.getTime())
        this.access.refuseBlocked(group, caller.userId)
      }
      const reactions = this.#reactions(groupId, messageId, before)
      const isMine = reactions.some((reaction) => reaction.emoji === emoji && reaction.userId === caller.userId)
      if (isMine === present) return undefined
      const kinds = new Set(reactions.map((reaction) => reaction.emoji))
      if (present && !kinds.has(emoji)) requireRoom('reactionKinds', kinds.size)
      const value = create(ReactionChangedSchema, { messageId, emoji, present })
      const event: EventBody = { case: 'reactionChanged', value }
      if (!present) return event
      return { event, guard: `reactions to ${messageId} ${this.messages.reactionsSeq(groupId, messageId)}` }
    }
    return this.about.submit(groupId, messageId, caller, { size: 100, decide })
  }

  /** Errors: MUTED, TOO_MANY. */
  pin(groupId: string, messageId: string, pinned: boolean, caller: Caller): Promise<number> {
    const decide: Decide = ({ group, member }, _, before) => {
      permit(Permission.PIN, scopeOf(group), member, caller.now.getTime())
      if (this.messages.isPinned(groupId, messageId) === pinned) return undefined
      if (pinned) requireRoom('pins', this.messages.pinCount(groupId) + pinsIn(before))
      const event: EventBody = { case: 'pinChanged', value: create(PinChangedSchema, { messageId, pinned }) }
      return pinned ? { event, guard: `pins ${this.messages.pinsSeq(groupId)}` } : event
    }
    return this.about.submit(groupId, messageId, caller, { size: 100, decide })
  }

  /** Those that will stand once the commit so far is written. */
  #reactions(groupId: string, messageId: string, before: readonly DecidedChange[]) {
    return before.reduce(
      (reactions, { change: { actorId: userId }, body }) => {
        if (body?.case !== 'reactionChanged' || body.value.messageId !== messageId) return reactions
        const { emoji, present } = body.value
        const others = reactions.filter((one) => one.emoji !== emoji || one.userId !== userId)
        return present ? [...others, { emoji, userId }] : others
      },
      this.messages.reactions(groupId, messageId),
    )
  }
}

/** How many more messages a commit so far pins. */
const pinsIn = (before: readonly DecidedChange[]): number =>
  before.filter(({ body }) => body?.case === 'pinChanged' && body.value.pinned).length

/** A webhook of an earlier release may have posted under the id of a person (ADR 51), who did not write this. */
const isByWebhook = ({ authorName }: MessagePosted): boolean => authorName !== ''

const deletion = ({ id: messageId, threadId, alsoInThread }: MessagePlace): EventBody => ({
  case: 'messageDeleted',
  value: create(MessageDeletedSchema, { messageId, threadId: threadId || alsoInThread }),
})
