import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type Content, isSameContent } from '../domain/message.js'
import type { DecidedChange } from './message-lane.js'
import type { MessageRevisions } from './message-revisions.js'
import type { MessagePlace, MessageStore } from './ports.js'

export interface Posted {
  readonly place: MessagePlace
  /** False: the request was a retry. */
  readonly isNew: boolean
}

/** A message's id is its command id (ADR 3): a second request with the id is a retry of its author with the same content, or refused. */
export class Retries {
  constructor(
    private readonly messages: Pick<MessageStore, 'place' | 'content'>,
    private readonly revisions: Pick<MessageRevisions, 'of'>,
  ) {}

  /** The message is in the log already, or ahead in the same commit. */
  isRetry(groupId: string, messageId: string, before: readonly DecidedChange[]): boolean {
    return (
      before.some(({ change, body }) => change.commandId === messageId && body?.case === 'messagePosted') ||
      this.messages.place(groupId, messageId) !== undefined
    )
  }

  /**
   * The place of the message that a request was to post. Errors: COMMAND_ID_REUSED when the message with this id has another author or
   * content; NOT_A_MEMBER when the group has ended meanwhile.
   */
  async placeOf(groupId: string, { change, seq }: DecidedChange, content: Content): Promise<Posted> {
    const place = this.messages.place(groupId, change.commandId)
    if (!place) throw new Refusal(ErrorReason.NOT_A_MEMBER)
    if (place.authorId !== change.actorId) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
    // Another replica may have written a message with this id first.
    const isNew = place.seq === seq
    if (!isNew) await this.#requireSame(place, content)
    return { place, isNew }
  }

  /** A message that was edited since is compared with its first text, one that was deleted with nothing. Errors: COMMAND_ID_REUSED. */
  async #requireSame(place: MessagePlace, content: Content): Promise<void> {
    const { groupId, id, seq, deleted, editedSeq } = place
    const posted = deleted ? undefined : this.messages.content(groupId, id)
    if (!posted) return
    const first = editedSeq > 0 ? await this.revisions.of(groupId, id, seq) : undefined
    const text = first?.asked ?? posted.text
    if (!isSameContent({ ...posted, text }, content)) throw new Refusal(ErrorReason.COMMAND_ID_REUSED)
  }
}
