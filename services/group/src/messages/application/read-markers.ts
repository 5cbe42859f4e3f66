import { catchUp, type EventBody, handleCommand } from '@beseda/event-log'
import { type Caller, type GroupHistory } from '@beseda/history'
import { Refusal } from '@beseda/kernel'
import { blockSubject, PEOPLE_STREAM, personalStream, readSubject, seenSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { SeenSchema } from '@beseda/proto/gateway/v1/frames'
import { GroupKind, ReadMarkedSchema } from '@beseda/proto/group/v1/events'
import type { ReadState } from '@beseda/proto/group/v1/group_service'
import { create, toBinary } from '@bufbuild/protobuf'
import type { Access, Visit } from '../../groups/application/access.js'
import type { GroupReader } from '../../groups/application/ports.js'
import { type Position, type ReadMarks, readMain, readThread } from '../domain/read-marks.js'
import type { MessageStore, Publisher, ReadMarkerStore } from './ports.js'
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

  /** Moves the mark of the main line, or of a thread, forward, at most to the newest message or call. Errors: NOT_A_MEMBER. */
  async markRead(groupId: string, threadId: string, mark: Position, caller: Caller): Promise<ReadState> {
    const { userId, signal } = caller
    const visit = await this.access.asMember(groupId, userId, 0, signal, (found) => found)
    // What was read is in the log, though perhaps not in this view yet.
    if (mark.seq > visit.group.messagesSeq) await this.history.catchUp(groupId, signal)
    const partition = this.history.partition(groupId)
    const { events } = await handleCommand<ReadMarks>(this.history.deps, {
      ...caller,
      actorId: userId,
      key: `read ${groupId} ${userId}`,
      stream: personalStream(partition),
      subject: readSubject(partition, groupId, userId),
      load: () => this.store.load(groupId, userId),
      decide: (before) => {
        const { group, member, reader } = this.access.visit(groupId, userId)
        const newest = Math.max(group.messagesSeq, this.store.lastCallSeq(groupId))
        const place = { seq: Math.min(mark.seq, newest), index: mark.index }
        const unread = this.store.unreadInThreads(group, member, reader.now)
        const after = threadId === '' ? readMain(before, place, unread) : readThread(before, threadId, place, unread)
        return after ? [readMarked(after)] : []
      },
    })
    const state = this.#state(this.access.visit(groupId, userId))
    if (events.length > 0) this.#tell(visit, state, threadId === '')
    return state
  }

  /**
   * Marks and counters in one group, or (`groupId` empty) in all that this replica serves. `afterBlock`: as they are since the person has
   * blocked or unblocked somebody. Errors: NOT_A_MEMBER.
   */
  async states(
    { groupId, minSeq, afterBlock = false }: { groupId: string; minSeq: number; afterBlock?: boolean },
    userId: string,
    signal: AbortSignal,
  ): Promise<ReadState[]> {
    const blocks = { stream: PEOPLE_STREAM, filter: blockSubject(userId, '*'), signal }
    if (afterBlock) await catchUp({ ...this.history.deps, ...blocks })
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
    return { ...this.store.state(group, member, reader.now), asOfSeq: BigInt(this.history.asOf(group.id)) }
  }

  /** The person's other devices, and, except in channels, the other members of a mark of the main line. */
  #tell({ group, member: { userId } }: Visit, state: ReadState, isMain: boolean): void {
    tellPerson(this.publisher, userId, { case: 'readState', value: state })
    if (group.kind === GroupKind.CHANNEL || !isMain) return
    const seen = create(SeenSchema, { groupId: group.id, userId, seq: state.readSeq, index: state.readIndex })
    this.publisher.publish(seenSubject(group.id), toBinary(SeenSchema, seen))
  }
}

function readMarked({ seq, index, threads, marks }: ReadMarks): EventBody {
  const ofThreads = {
    ...wire(threads),
    marks: [...marks].map(([threadId, place]) => ({ threadId, ...wire(place) })),
  }
  return { case: 'readMarked', value: create(ReadMarkedSchema, { ...wire({ seq, index }), threads: ofThreads }) }
}

const wire = ({ seq, index }: Position) => ({ seq: BigInt(seq), index })
