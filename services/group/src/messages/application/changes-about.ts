import type { EventBody } from '@beseda/event-log'
import type { Caller, GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Access, Visit } from '../../groups/application/access.js'
import type { DecidedChange, Guarded, MessageLane } from './message-lane.js'
import type { MessagePlace, MessageStore } from './ports.js'

/** `before`: what goes into the same commit ahead of it. */
export type Decide = (
  visit: Visit,
  message: MessagePlace,
  before: readonly DecidedChange[],
) => EventBody | Guarded | undefined

interface Change {
  readonly size: number
  readonly decide: Decide
  /** The message may be deleted already. */
  readonly alsoDeleted?: boolean
}

/** Writes what members do to a message that they can see. */
export class ChangesAbout {
  constructor(
    private readonly history: GroupHistory,
    private readonly access: Access,
    private readonly messages: Pick<MessageStore, 'place' | 'visible'>,
    private readonly lane: MessageLane,
  ) {}

  /** A sequence up to which the view has the change. Errors: NOT_A_MEMBER, ARCHIVED, MESSAGE_NOT_FOUND. */
  async submit(
    groupId: string,
    messageId: string,
    caller: Caller,
    { size, decide, alsoDeleted = false }: Change,
  ): Promise<number> {
    const { commandId, userId: actorId, now, traceparent, signal } = caller
    const decideOnMessage = (before: readonly DecidedChange[]) => {
      const visit = this.access.visit(groupId, actorId)
      if (visit.group.archived) throw new Refusal(ErrorReason.ARCHIVED)
      // One's own can be deleted also where history from before one's joining is hidden.
      const place = alsoDeleted ? this.messages.place(groupId, messageId) : undefined
      const isMine = place?.authorId === actorId
      const message = isMine ? place : this.messages.visible(groupId, messageId, visit.reader)
      if (!message || (message.deleted && !alsoDeleted)) throw new Refusal(ErrorReason.MESSAGE_NOT_FOUND)
      return decide(visit, message, before)
    }
    const change = { commandId, actorId, now, traceparent, signal, size, decide: decideOnMessage }
    await this.access.knowBlocks(groupId, actorId, signal)
    const { seq } = await this.lane.submit(groupId, change)
    return seq || this.history.deps.projection.applied(this.history.stream(groupId))
  }
}
