import type { EventBody } from '@beseda/event-log'
import type { Caller, GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Permission } from '@beseda/proto/common/v1/permissions'
import {
  MessageDeletedSchema,
  MessageEditedSchema,
  MessagePostedSchema,
  PinChangedSchema,
  ReactionChangedSchema,
} from '@beseda/proto/group/v1/events'
import { permit } from '@beseda/rules'
import { create, fromBinary } from '@bufbuild/protobuf'
import { memberOf, scopeOf } from '../../groups/adapters/views/group-reader.js'
import type { Access, Visit } from '../../groups/application/access.js'
import {
  isPinned,
  type MessageRow,
  messageById,
  pinCount,
  reactionsOf,
  visibleMessage,
} from '../adapters/views/message-reader.js'
import { callOut, composeText, MAX_PINS, MAX_REACTION_KINDS, permitPost, requireEmoji } from '../domain/message.js'
import type { MessageLane } from './message-lane.js'

type Decide = (visit: Visit, message: MessageRow) => EventBody | undefined

/**
 * What can be done to a message that is there. All errors of all: NOT_A_MEMBER, NOT_PERMITTED, MESSAGE_NOT_FOUND, ARCHIVED;
 * of an edit and a reaction in a direct chat: BLOCKED.
 */
export class MessageChanges {
  constructor(
    private readonly history: GroupHistory,
    private readonly access: Access,
    private readonly lane: MessageLane,
  ) {}

  /** By its author, who may post. Errors: BAD_TEXT, MUTED, TOO_MANY. */
  edit(groupId: string, messageId: string, text: string, caller: Caller): Promise<number> {
    return this.#submit(groupId, messageId, caller, text.length * 3, ({ group, member }, message) => {
      if (message.author_id !== caller.userId) throw new Refusal(ErrorReason.NOT_PERMITTED)
      this.access.refuseBlocked(group, caller.userId)
      const scope = scopeOf(group)
      const author = { role: member.role, mutedUntil: member.muted_until, lastPostAt: 0 }
      permitPost({ ...scope, archived: false, slowModeS: 0 }, author, caller.now.getTime())
      const posted = fromBinary(MessagePostedSchema, message.body)
      if (posted.forwarded) throw new Refusal(ErrorReason.NOT_PERMITTED)
      const tidy = composeText(text, posted.attachments.length > 0)
      if (tidy === posted.text) return undefined
      const isMember = (userId: string) => memberOf(this.history.view, groupId, userId) !== undefined
      const mentions = callOut(tidy, posted.mentions?.repliedUserId ?? '', scope, member.role, isMember)
      const value = create(MessageEditedSchema, { messageId, text: tidy, ...(mentions ? { mentions } : {}) })
      return { case: 'messageEdited', value }
    })
  }

  /** For all: by its author, or by somebody who may delete what others said. Gone already is as wanted. */
  delete(groupId: string, messageId: string, caller: Caller): Promise<number> {
    const decide: Decide = ({ group, member }, message) => {
      if (message.deleted === 1) return undefined
      if (message.author_id !== caller.userId) {
        const target = { role: memberOf(this.history.view, groupId, message.author_id)?.role }
        permit(Permission.DELETE_MESSAGES, scopeOf(group), member.role, target)
      }
      return { case: 'messageDeleted', value: create(MessageDeletedSchema, { messageId, threadId: message.thread_id }) }
    }
    return this.#submit(groupId, messageId, caller, 100, decide, true)
  }

  /** Errors: INVALID_REQUEST for no emoji; TOO_MANY kinds on one message. */
  react(groupId: string, messageId: string, emoji: string, present: boolean, caller: Caller): Promise<number> {
    requireEmoji(emoji)
    return this.#submit(groupId, messageId, caller, 100, ({ group }) => {
      if (present) this.access.refuseBlocked(group, caller.userId)
      const reactions = reactionsOf(this.history.view, groupId, messageId)
      const mine = reactions.some((reaction) => reaction.emoji === emoji && reaction.user_id === caller.userId)
      if (mine === present) return undefined
      const kinds = new Set(reactions.map((reaction) => reaction.emoji)).add(emoji)
      if (present && kinds.size > MAX_REACTION_KINDS) {
        throw new Refusal(ErrorReason.TOO_MANY, { limit: String(MAX_REACTION_KINDS) })
      }
      return { case: 'reactionChanged', value: create(ReactionChangedSchema, { messageId, emoji, present }) }
    })
  }

  /** Errors: TOO_MANY. */
  pin(groupId: string, messageId: string, pinned: boolean, caller: Caller): Promise<number> {
    return this.#submit(groupId, messageId, caller, 100, ({ group, member }) => {
      permit(Permission.PIN, scopeOf(group), member.role)
      if (isPinned(this.history.view, groupId, messageId) === pinned) return undefined
      if (pinned && pinCount(this.history.view, groupId) >= MAX_PINS) {
        throw new Refusal(ErrorReason.TOO_MANY, { limit: String(MAX_PINS) })
      }
      return { case: 'pinChanged', value: create(PinChangedSchema, { messageId, pinned }) }
    })
  }

  /** The sequence up to which the view now has the change. */
  async #submit(
    groupId: string,
    messageId: string,
    caller: Caller,
    size: number,
    decide: Decide,
    alsoDeleted = false,
  ): Promise<number> {
    const { commandId, userId: actorId, now, traceparent } = caller
    const change = {
      commandId,
      actorId,
      now,
      traceparent,
      size,
      decide: () => {
        const visit = this.access.visit(groupId, actorId)
        if (visit.group.archived === 1) throw new Refusal(ErrorReason.ARCHIVED)
        const message = alsoDeleted
          ? messageById(this.history.view, groupId, messageId)
          : visibleMessage(this.history.view, groupId, messageId, visit.reader)
        if (!message || (message.deleted === 1 && !alsoDeleted)) throw new Refusal(ErrorReason.MESSAGE_NOT_FOUND)
        return decide(visit, message)
      },
    }
    await this.lane.submit(groupId, change)
    return this.history.deps.projection.applied(this.history.stream(groupId))
  }
}
