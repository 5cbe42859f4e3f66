import { handleCommand } from '@beseda/event-log'
import { type Caller, type GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { hiddenSubject, personalStream, readSubject, seenSubject, userSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { SeenSchema, type UserEvent, UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { GroupKind, MessageHiddenSchema, ReadMarkedSchema } from '@beseda/proto/group/v1/events'
import type { ReadState } from '@beseda/proto/group/v1/group_service'
import { create, toBinary } from '@bufbuild/protobuf'
import { groupIdsOf } from '../../groups/adapters/views/group-reader.js'
import type { Access, Visit } from '../../groups/application/access.js'
import { visibleMessage } from '../adapters/views/message-reader.js'
import { readersOf, readMark, readState } from '../adapters/views/read-marker-reader.js'

/** Publishes what is not kept. */
export type Publish = (subject: string, bytes: Uint8Array) => void

/** What each member keeps about a group for themselves: how far they have read, and what they have hidden. */
export class Marks {
  constructor(
    private readonly history: GroupHistory,
    private readonly access: Access,
    private readonly publish: Publish,
  ) {}

  /** Moves the watermark forward, as far as the group goes. Errors: NOT_A_MEMBER. */
  async read(groupId: string, seq: number, index: number, caller: Caller): Promise<ReadState> {
    const { userId, signal } = caller
    const visit = await this.access.asMember(groupId, userId, 0, signal, (found) => found)
    // What was read is in the log, though perhaps not in this view yet.
    if (seq > visit.group.messages_seq) await this.history.catchUp(groupId, signal)
    const partition = this.history.partition(groupId)
    const { events } = await handleCommand<{ seq: number; idx: number }>(this.history.deps, {
      ...caller,
      actorId: userId,
      key: `read ${groupId} ${userId}`,
      stream: personalStream(partition),
      subject: readSubject(partition, groupId, userId),
      load: () => {
        const mark = readMark(this.history.view, groupId, userId)
        return { state: mark ?? { seq: 0, idx: 0 }, lastSeq: mark?.stored_seq ?? 0 }
      },
      decide: (mark) => {
        const wanted = Math.min(seq, this.access.visit(groupId, userId).group.messages_seq)
        if (wanted < mark.seq || (wanted === mark.seq && index <= mark.idx)) return []
        return [{ case: 'readMarked', value: create(ReadMarkedSchema, { seq: BigInt(wanted), index }) }]
      },
    })
    const state = this.#state(this.access.visit(groupId, userId))
    if (events.length > 0) this.#tell(visit, state)
    return state
  }

  /** Watermarks and counters in one group, or in all that this replica serves. */
  async states(groupId: string, userId: string, minSeq: number, signal: AbortSignal): Promise<ReadState[]> {
    if (groupId !== '') {
      return [await this.access.asMember(groupId, userId, minSeq, signal, (visit) => this.#state(visit))]
    }
    return groupIdsOf(this.history.view, userId).map((id) => this.#state(this.access.visit(id, userId)))
  }

  /** Who has read a message; nobody asks that of a channel. Errors: NOT_A_MEMBER, MESSAGE_NOT_FOUND. */
  readers(groupId: string, messageId: string, userId: string, signal: AbortSignal): Promise<string[]> {
    return this.access.asMember(groupId, userId, 0, signal, ({ group, reader }) => {
      const message = visibleMessage(this.history.view, groupId, messageId, reader)
      if (!message) throw new Refusal(ErrorReason.MESSAGE_NOT_FOUND)
      if (group.kind === GroupKind.CHANNEL) return []
      const readers = readersOf(this.history.view, groupId, message.seq, message.idx)
      return readers.filter((reader) => reader !== message.author_id)
    })
  }

  /** The message is gone for this person, on all their devices; nothing happens when it is gone already. Errors: NOT_A_MEMBER. */
  async hide(groupId: string, messageId: string, caller: Caller): Promise<void> {
    const { userId, signal } = caller
    const isThere = () => {
      const { reader } = this.access.visit(groupId, userId)
      return visibleMessage(this.history.view, groupId, messageId, reader) !== undefined
    }
    if (!(await this.access.asMember(groupId, userId, 0, signal, isThere))) return
    const partition = this.history.partition(groupId)
    await handleCommand<undefined>(this.history.deps, {
      ...caller,
      actorId: userId,
      key: `hide ${messageId} ${userId}`,
      stream: personalStream(partition),
      subject: hiddenSubject(partition, groupId, userId, messageId),
      load: () => ({ state: undefined, lastSeq: 0 }),
      decide: () => (isThere() ? [{ case: 'messageHidden', value: create(MessageHiddenSchema, { messageId }) }] : []),
    })
    this.#notify(userId, {
      case: 'messageHidden',
      value: { $typeName: 'beseda.gateway.v1.MessageHiddenNotice', groupId, messageId },
    })
  }

  #state({ group, member, reader }: Visit): ReadState {
    return readState(this.history.view, group, member, reader.now)
  }

  /** The person's other devices, and, but in channels, the others of the group. */
  #tell({ group, member }: Visit, state: ReadState): void {
    this.#notify(member.user_id, { case: 'readState', value: state })
    if (group.kind === GroupKind.CHANNEL) return
    const seen = { groupId: group.id, userId: member.user_id, seq: state.readSeq, index: state.readIndex }
    this.publish(seenSubject(group.id), toBinary(SeenSchema, create(SeenSchema, seen)))
  }

  #notify(userId: string, event: UserEvent['event']): void {
    this.publish(userSubject(userId), toBinary(UserEventSchema, create(UserEventSchema, { event })))
  }
}
