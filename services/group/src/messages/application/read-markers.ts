import { handleCommand } from '@beseda/event-log'
import { type Caller, type GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { personalStream, readSubject, seenSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { SeenSchema } from '@beseda/proto/gateway/v1/frames'
import { GroupKind, ReadMarkedSchema } from '@beseda/proto/group/v1/events'
import type { ReadState } from '@beseda/proto/group/v1/group_service'
import { create, toBinary } from '@bufbuild/protobuf'
import type { Access, Visit } from '../../groups/application/access.js'
import type { GroupReader } from '../../groups/application/ports.js'
import type { MessageStore, Publisher, ReadMark, ReadMarkerStore } from './ports.js'
import { tellPerson } from './tell-person.js'

/** How far each member has read, and the counters that follow from it. */
export class ReadMarkers {
  constructor(
    private readonly history: GroupHistory,
    private readonly access: Access,
    private readonly groups: Pick<GroupReader, 'groupIdsOf'>,
    private readonly messages: Pick<MessageStore, 'visible'>,
    private readonly store: ReadMarkerStore,
    private readonly publisher: Publisher,
  ) {}

  /** Moves the mark forward, at most to the newest message. Errors: NOT_A_MEMBER. */
  async markRead(groupId: string, mark: ReadMark, caller: Caller): Promise<ReadState> {
    const { userId, signal } = caller
    const visit = await this.access.asMember(groupId, userId, 0, signal, (found) => found)
    // What was read is in the log, though perhaps not in this view yet.
    if (mark.seq > visit.group.messagesSeq) await this.history.catchUp(groupId, signal)
    const partition = this.history.partition(groupId)
    const { events } = await handleCommand<ReadMark>(this.history.deps, {
      ...caller,
      actorId: userId,
      key: `read ${groupId} ${userId}`,
      stream: personalStream(partition),
      subject: readSubject(partition, groupId, userId),
      load: () => this.store.load(groupId, userId),
      decide: (before) => {
        const seq = Math.min(mark.seq, this.access.visit(groupId, userId).group.messagesSeq)
        if (seq < before.seq || (seq === before.seq && mark.index <= before.index)) return []
        return [{ case: 'readMarked', value: create(ReadMarkedSchema, { seq: BigInt(seq), index: mark.index }) }]
      },
    })
    const state = this.#state(this.access.visit(groupId, userId))
    if (events.length > 0) this.#tell(visit, state)
    return state
  }

  /** Marks and counters in one group, or (`groupId` empty) in all that this replica serves. Errors: NOT_A_MEMBER. */
  async states(groupId: string, userId: string, minSeq: number, signal: AbortSignal): Promise<ReadState[]> {
    if (groupId !== '') {
      return [await this.access.asMember(groupId, userId, minSeq, signal, (visit) => this.#state(visit))]
    }
    return this.groups.groupIdsOf(userId).map((id) => this.#state(this.access.visit(id, userId)))
  }

  /** Who has read a message; in a channel nobody is told. Errors: NOT_A_MEMBER, MESSAGE_NOT_FOUND. */
  readers(groupId: string, messageId: string, userId: string, signal: AbortSignal): Promise<readonly string[]> {
    return this.access.asMember(groupId, userId, 0, signal, ({ group, reader }) => {
      const message = this.messages.visible(groupId, messageId, reader)
      if (!message) throw new Refusal(ErrorReason.MESSAGE_NOT_FOUND)
      if (group.kind === GroupKind.CHANNEL) return []
      return this.store.readersOf(groupId, message).filter((id) => id !== message.authorId)
    })
  }

  #state({ group, member, reader }: Visit): ReadState {
    return this.store.state(group, member, reader.now)
  }

  /** The person's other devices, and, except in channels, the other members. */
  #tell({ group, member: { userId } }: Visit, state: ReadState): void {
    tellPerson(this.publisher, userId, { case: 'readState', value: state })
    if (group.kind === GroupKind.CHANNEL) return
    const seen = create(SeenSchema, { groupId: group.id, userId, seq: state.readSeq, index: state.readIndex })
    this.publisher.publish(seenSubject(group.id), toBinary(SeenSchema, seen))
  }
}
