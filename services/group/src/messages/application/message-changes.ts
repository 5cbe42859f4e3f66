import type { EventBody } from '@beseda/event-log'
import type { Caller, GroupHistory } from '@beseda/history'
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
import { permit, refuseMuted } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import type { Access, Visit } from '../../groups/application/access.js'
import type { GroupReader } from '../../groups/application/ports.js'
import { scopeOf } from '../../groups/application/records.js'
import {
  composeText,
  MAX_PINS,
  MAX_REACTION_KINDS,
  permitPost,
  permittedMentions,
  requireEmoji,
} from '../domain/message.js'
import type { MessageLane } from './message-lane.js'
import type { MessagePlace, MessageStore } from './ports.js'

type Decide = (visit: Visit, message: MessagePlace) => EventBody | undefined

/**
 * What can be done to a message that is there. Each answers with a sequence up to which the view has the change. Errors of all:
 * NOT_A_MEMBER, NOT_PERMITTED, MESSAGE_NOT_FOUND, ARCHIVED; of an edit and a reaction in a direct chat: BLOCKED.
 */
export class MessageChanges {
  constructor(
    private readonly history: GroupHistory,
    private readonly access: Access,
    private readonly groups: Pick<GroupReader, 'member'>,
    private readonly messages: MessageStore,
    private readonly lane: MessageLane,
  ) {}

  /** By the author, while they may post; neither a forwarded message nor one of a webhook. Errors: BAD_TEXT, MUTED, TOO_MANY. */
  edit(groupId: string, messageId: string, text: string, caller: Caller): Promise<number> {
    return this.#submit(groupId, messageId, caller, text.length * 3, ({ group, member }, message) => {
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
      return { case: 'messageEdited', value }
    })
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
    return this.#submit(groupId, messageId, caller, 100, decide, true)
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
    return this.#submit(groupId, messageId, caller, 100, ({ group, member }) => {
      if (present) {
        refuseMuted(member, caller.now.getTime())
        this.access.refuseBlocked(group, caller.userId)
      }
      const reactions = this.messages.reactions(groupId, messageId)
      const isMine = reactions.some((reaction) => reaction.emoji === emoji && reaction.userId === caller.userId)
      if (isMine === present) return undefined
      const kinds = new Set(reactions.map((reaction) => reaction.emoji)).add(emoji)
      if (present && kinds.size > MAX_REACTION_KINDS) {
        throw new Refusal(ErrorReason.TOO_MANY, { limit: String(MAX_REACTION_KINDS) })
      }
      return { case: 'reactionChanged', value: create(ReactionChangedSchema, { messageId, emoji, present }) }
    })
  }

  /** Errors: MUTED, TOO_MANY. */
  pin(groupId: string, messageId: string, pinned: boolean, caller: Caller): Promise<number> {
    return this.#submit(groupId, messageId, caller, 100, ({ group, member }) => {
      permit(Permission.PIN, scopeOf(group), member, caller.now.getTime())
      if (this.messages.isPinned(groupId, messageId) === pinned) return undefined
      if (pinned && this.messages.pinCount(groupId) >= MAX_PINS) {
        throw new Refusal(ErrorReason.TOO_MANY, { limit: String(MAX_PINS) })
      }
      return { case: 'pinChanged', value: create(PinChangedSchema, { messageId, pinned }) }
    })
  }

  async #submit(
    groupId: string,
    messageId: string,
    caller: Caller,
    size: number,
    decide: Decide,
    alsoDeleted = false,
  ): Promise<number> {
    const { commandId, userId: actorId, now, traceparent, signal } = caller
    const decideOnMessage = () => {
      const visit = this.access.visit(groupId, actorId)
      if (visit.group.archived) throw new Refusal(ErrorReason.ARCHIVED)
      const message = alsoDeleted
        ? this.messages.place(groupId, messageId)
        : this.messages.visible(groupId, messageId, visit.reader)
      if (!message || (message.deleted && !alsoDeleted)) throw new Refusal(ErrorReason.MESSAGE_NOT_FOUND)
      return decide(visit, message)
    }
    const change = { commandId, actorId, now, traceparent, signal, size, decide: decideOnMessage }
    const { seq } = await this.lane.submit(groupId, change)
    return seq || this.history.deps.projection.applied(this.history.stream(groupId))
  }
}

/** A webhook of an earlier release may have posted under the id of a person (ADR 51), who did not write this. */
const isByWebhook = ({ authorName }: MessagePosted): boolean => authorName !== ''

const deletion = ({ id: messageId, threadId }: MessagePlace): EventBody => ({
  case: 'messageDeleted',
  value: create(MessageDeletedSchema, { messageId, threadId }),
})
