import type { ClientCursor, LaneHeads } from '@beseda/client-protocol'
import { MemoryEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { historyStream, historySubject, type LaneName } from '@beseda/proto'
import type { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { type ServerFrame, ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import { type Commit, CommitSchema } from '@beseda/proto/log/v1/commit'
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import { Gather } from '../rooms/gather.js'
import type { GroupCommit } from '../rooms/group-commit.js'
import { GroupLog } from '../rooms/group-log.js'
import { Room } from '../rooms/room.js'
import type { ClientSocket } from '../session/client-socket.js'
import { Windows } from './windows.js'

type Events = NonNullable<MessageInitShape<typeof CommitSchema>['events']>

/** A stand-in for a signed-in socket, which keeps what it is sent. */
export class FakeSocket implements ClientSocket {
  readonly deviceId = newId()
  readonly sessionId = newId()
  readonly frames: ServerFrame['frame'][] = []
  readonly topics = new Set<string>()
  closedWith: CloseCode | undefined
  /** While set, the socket is full; it has room again when this resolves. */
  full: Promise<void> | undefined

  constructor(readonly userId = newId()) {}

  get closed(): boolean {
    return this.closedWith !== undefined
  }
  /** `group 1<0` for a commit of lane group with sequence 1 after 0; the case of other frames. */
  get story(): string[] {
    return this.frames.map((frame) => {
      if (frame.case !== 'commit') return frame.case ?? '?'
      return `${['?', 'group', 'roster', 'messages', 'calls'][frame.value.lane]} ${frame.value.seq}<${frame.value.prevSeq}`
    })
  }

  whenReady(work: () => void): void {
    work()
  }
  send(frame: Uint8Array): void {
    this.frames.push(fromBinary(ServerFrameSchema, frame).frame)
  }
  drained(): Promise<void> | undefined {
    return this.full
  }
  follow(topic: string): void {
    this.topics.add(topic)
  }
  unfollow(topic: string): void {
    this.topics.delete(topic)
  }
  close(code: CloseCode): void {
    this.closedWith = code
  }
}

/** A log in memory, and sockets to which topics are published as uWebSockets.js does. */
export class TestGateway {
  readonly store = new MemoryEventStore()
  readonly log = new GroupLog(this.store, 1)
  readonly sockets: FakeSocket[] = []
  readonly failures: unknown[] = []
  readonly repairs: LaneName[] = []

  readonly windows = new Windows()
  readonly topics = new Gather({
    publish: (topic, frame) => {
      for (const socket of this.sockets) if (socket.topics.has(topic)) socket.send(frame)
    },
    ...this.windows.parts,
  })

  socket(userId?: string): FakeSocket {
    const socket = new FakeSocket(userId)
    this.sockets.push(socket)
    return socket
  }

  room(groupId: string, heads = { group: 0, roster: 0, messages: 0, calls: 0 }, epoch = 'memory'): Room {
    const events = {
      repaired: (lane: LaneName) => void this.repairs.push(lane),
      empty: () => undefined,
      topics: this.topics,
    }
    return new Room(groupId, epoch, heads, this.log, events, (error) => this.failures.push(error))
  }

  /** Brings a socket up in a room, as its connection does. */
  async resume(
    room: Room,
    socket: FakeSocket,
    cursor: ClientCursor | undefined,
    head: LaneHeads,
    hiddenUpTo = 0,
  ): Promise<string> {
    const plan = await room.plan(cursor, head, hiddenUpTo)
    await room.resume(socket, plan)
    return plan.kind
  }

  /** Stores a commit, and gives the copy that the bus would carry. */
  async append(groupId: string, lane: LaneName, events: Events = [], rosterSeq = 0) {
    const subject = historySubject(0, groupId, lane)
    const before = (await this.store.last(historyStream(0), subject))?.seq ?? 0
    const commit = create(CommitSchema, { id: newId(), rosterSeq: BigInt(rosterSeq), events })
    const result = await this.store.append({ stream: historyStream(0), subject, commit })
    if (result.kind !== 'appended') throw new Error('not appended')
    return { ...copy(groupId, lane, result.seq, commit), prevSeq: before }
  }
}

const copy = (groupId: string, lane: LaneName, seq: number, commit: Commit): GroupCommit => ({
  ...{ groupId, lane, seq, commit, erased: [] },
  bytes: toBinary(CommitSchema, commit),
})
