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
import { isLate, moveBack, type Position, type ReadMarks, readMain, readThread } from '../domain/read-marks.js'
import type { MessageStore, Publisher, ReadMarkerStore } from './ports.js'
import { tellPerson } from './tell-person.js'

/** Reading up to a place. */
export interface MarkRead {
  readonly groupId: string
  /** Empty: the main line. */
  readonly threadId: string
  readonly place: Position
  /** How often the mark was moved back, as far as the device knows; undefined: it is of an earlier release. */
  readonly backs: number | undefined
}

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

  /**
   * Moves the mark of the main line, or of a thread, forward, at most to the newest message or call. A device that has not heard that the mark
   * was moved back changes nothing; undefined: such a device of an earlier release. Errors: NOT_A_MEMBER.
   */
  async markRead(request: MarkRead, caller: Caller): Promise<ReadState | undefined> {
    const { groupId, threadId, place, backs } = request
    const { userId, signal } = caller
    const visit = await this.access.asMember(groupId, userId, 0, signal, (found) => found)
    // What was read is in the log, though perhaps not in this view yet.
    if (place.seq > visit.group.messagesSeq) await this.history.catchUp(groupId, signal)
    await this.#hear(groupId, userId, backs ?? 0, signal)
    let late = false
    const marked = await this.#change(groupId, caller, (before) => {
      const { group, member, reader } = this.access.visit(groupId, userId)
      const newest = Math.max(group.messagesSeq, this.store.lastCallSeq(groupId))
      const reached = { seq: Math.min(place.seq, newest), index: place.index }
      late = threadId === '' && isLate(before, reached, backs)
      if (late) return undefined
      const unread = this.store.unreadInThreads(group, member, reader.now)
      return threadId === '' ? readMain(before, reached, unread) : readThread(before, threadId, reached, unread)
    })
    if (late && backs === undefined) return undefined
    const state = this.#state(this.access.visit(groupId, userId))
    if (marked) this.#tell(visit, state, threadId === '' ? marked : undefined)
    return state
  }

  /**
   * Marks the main line as unread, from a place on if its `seq` is not 0. `backs`: how often it was moved back as far as the device knows;
   * another number means that this is a repeat, or another device was first, and nothing changes. Errors: NOT_A_MEMBER.
   */
  async markUnread(groupId: string, from: Position, backs: number, caller: Caller): Promise<ReadState> {
    const { userId, signal } = caller
    const visit = await this.access.asMember(groupId, userId, 0, signal, (found) => found)
    await this.#hear(groupId, userId, backs, signal)
    const marked = await this.#change(groupId, caller, (before) => {
      this.access.visit(groupId, userId)
      return backs === before.backs ? moveBack(before, from.seq === 0 ? undefined : from) : undefined
    })
    const state = this.#state(this.access.visit(groupId, userId))
    // Nobody else is told: they have been told before that it was seen.
    if (marked) this.#tell(visit, state, undefined)
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

  /** The device knows that the mark was moved back: this view must know it, too. */
  async #hear(groupId: string, userId: string, backs: number, signal: AbortSignal): Promise<void> {
    if (backs <= this.store.load(groupId, userId).state.backs) return
    const partition = this.history.partition(groupId)
    const filter = readSubject(partition, groupId, userId)
    await catchUp({ ...this.history.deps, stream: personalStream(partition), filter, signal })
  }

  async #change(
    groupId: string,
    caller: Caller,
    change: (before: ReadMarks) => ReadMarks | undefined,
  ): Promise<ReadMarks | undefined> {
    const partition = this.history.partition(groupId)
    let after: ReadMarks | undefined
    await handleCommand<ReadMarks>(this.history.deps, {
      ...caller,
      actorId: caller.userId,
      key: `read ${groupId} ${caller.userId}`,
      stream: personalStream(partition),
      subject: readSubject(partition, groupId, caller.userId),
      load: () => this.store.load(groupId, caller.userId),
      decide: (before) => {
        after = change(before)
        return after ? [readMarked(after)] : []
      },
    })
    return after
  }

  #state({ group, member, reader }: Visit): ReadState {
    return { ...this.store.state(group, member, reader.now), asOfSeq: BigInt(this.history.asOf(group.id)) }
  }

  /** The person's other devices, and, except in channels, the other members of a mark of the main line: how far it was ever read. */
  #tell({ group, member: { userId } }: Visit, state: ReadState, main: ReadMarks | undefined): void {
    tellPerson(this.publisher, userId, { case: 'readState', value: state })
    if (group.kind === GroupKind.CHANNEL || !main) return
    const seen = create(SeenSchema, { groupId: group.id, userId, ...wire(main.seen) })
    this.publisher.publish(seenSubject(group.id), toBinary(SeenSchema, seen))
  }
}

function readMarked({ seq, index, threads, marks, backs, markedUnread, seen }: ReadMarks): EventBody {
  const ofThreads = {
    ...wire(threads),
    marks: [...marks].map(([threadId, place]) => ({ threadId, ...wire(place) })),
  }
  const seenTo = { seenSeq: BigInt(seen.seq), seenIndex: seen.index }
  const value = { ...wire({ seq, index }), threads: ofThreads, backs, markedUnread, ...seenTo }
  return { case: 'readMarked', value: create(ReadMarkedSchema, value) }
}

const wire = ({ seq, index }: Position) => ({ seq: BigInt(seq), index })
