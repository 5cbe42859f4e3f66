import { SharedRead } from '@beseda/async'
import { cursorOf, type LaneHeads, NO_HEADS } from '@beseda/client-protocol'
import { callSubject, fanSubject, seenSubject, typingSubject } from '@beseda/proto'
import { type Call, CallChangedSchema } from '@beseda/proto/call/v1/call_service'
import { SeenSchema, TypingSchema } from '@beseda/proto/gateway/v1/frames'
import { rosterChanges } from '@beseda/rules'
import { fromBinary } from '@bufbuild/protobuf'
import type { Msg, NatsConnection, Subscription } from '@nats-io/nats-core'
import { type Listener, Listeners } from '../bus/listeners.js'
import type { ClientSocket } from '../session/client-socket.js'
import { serverFrame } from '../session/frames.js'
import { copyOf, type GroupCommit } from './group-commit.js'
import type { GroupLog } from './group-log.js'
import { Room, type RoomEvents } from './room.js'

interface OpenRoom {
  readonly room: Promise<Room>
  readonly listeners: readonly Listener[]
}

/** A socket's place in a room: what follows the head waits until the room is opened to it. */
export interface Entered {
  readonly room: Room
  readonly head: LaneHeads
}

interface RoomsEvents extends Pick<RoomEvents, 'repaired' | 'delivered' | 'publish'> {
  /** The call of a group with somebody here stands otherwise now; before anybody is told. */
  callChanged(call: Call): void
}

export interface RoomsOptions {
  readonly nats: NatsConnection
  readonly log: GroupLog
  /** Sockets of a person on this gateway. */
  peersOf(userId: string): Iterable<ClientSocket>
  readonly events: RoomsEvents
  readonly onFailure: (error: unknown) => void
}

/** The rooms of all groups with somebody connected here. */
export class Rooms {
  readonly #open = new Map<string, OpenRoom>()
  readonly #members: Subscription[]
  /** Rooms that a socket was let into; those it was dismissed from since do no harm. */
  readonly #roomsOf = new Map<ClientSocket, Room[]>()

  /** Heads are read after the server has the subscriptions: what is stored from then on arrives as a copy. */
  readonly #heads = new SharedRead<string, ReadonlyMap<string, LaneHeads>>(async (groupIds) => {
    await this.options.nats.flush()
    return this.options.log.heads(groupIds)
  })
  /** What is said about one group. */
  readonly #kinds: readonly Listeners[]

  constructor(private readonly options: RoomsOptions) {
    const { nats, log, events } = options
    const copies = (groupId: string, message: Msg) => {
      this.#open.get(groupId)?.room.then(
        (room) => this.#offer(room, message),
        () => undefined,
      )
    }
    const typing = (groupId: string, { data }: Msg) => {
      const value = fromBinary(TypingSchema, data)
      void this.#broadcast(groupId, { case: 'typing', value }, value.userId)
    }
    const seen = (groupId: string, { data }: Msg) => {
      const value = fromBinary(SeenSchema, data)
      void this.#broadcast(groupId, { case: 'seen', value }, value.userId)
    }
    const call = (groupId: string, { data }: Msg) => {
      const value = fromBinary(CallChangedSchema, data)
      if (value.call) events.callChanged(value.call)
      void this.#broadcast(groupId, { case: 'callChanged', value })
    }
    this.#kinds = [
      new Listeners(nats, (groupId) => fanSubject(log.partition(groupId), groupId, '*'), copies),
      new Listeners(nats, typingSubject, typing),
      new Listeners(nats, seenSubject, seen),
      new Listeners(nats, callSubject, call),
    ]
    const callback = (_: Error | null, message: Msg) => {
      const copy = copyOf(message)
      if (copy) this.membersChanged(copy)
    }
    this.#members = (['group', 'roster'] as const).map((lane) =>
      nats.subscribe(fanSubject('*', '*', lane), { callback }),
    )
  }

  get size(): number {
    return this.#open.size
  }

  /** The rooms of these groups, opened where they are not. */
  async open(groupIds: readonly string[]): Promise<Room[]> {
    const fresh = groupIds.filter((groupId) => !this.#open.has(groupId))
    if (fresh.length > 0) {
      const subscribed = fresh.map((groupId) => ({ groupId, listeners: this.#listen(groupId) }))
      const heads = this.#heads.get(fresh)
      for (const { groupId, listeners } of subscribed) {
        const room = this.#enter(groupId, heads)
        this.#open.set(groupId, { room, listeners })
        room.catch(() => this.#close(groupId))
      }
    }
    return Promise.all(groupIds.map((groupId) => this.#open.get(groupId)?.room ?? this.#gone(groupId)))
  }

  /** A room that is open now. */
  async find(groupId: string): Promise<Room | undefined> {
    return this.#open.get(groupId)?.room
  }

  /**
   * Lets a socket into the room of a group that its person was a member of at `rosterSeq`; undefined when it is not any
   * more. A room may close, because its last socket leaves, while another one is at its door: that one gets a new room.
   */
  async enter(groupId: string, peer: ClientSocket, rosterSeq: number): Promise<Entered | undefined> {
    for (;;) {
      const [room] = await this.open([groupId])
      if (!room) return undefined
      const head = await room.attach(peer, rosterSeq)
      if (room.closed) continue
      if (!head || peer.closed) {
        room.detach(peer)
        if (room.size === 0) this.#close(groupId)
        return undefined
      }
      this.#remember(peer, room)
      return { room, head }
    }
  }

  leave(peer: ClientSocket): void {
    for (const room of this.#roomsOf.get(peer) ?? []) room.detach(peer)
    this.#roomsOf.delete(peer)
  }

  /** The groups with a room. */
  get groupIds(): readonly string[] {
    return [...this.#open.keys()]
  }

  /** The log stands at these heads: rooms that have not heard of it read what they lack. */
  async catchUp(heads: ReadonlyMap<string, LaneHeads>): Promise<void> {
    await Promise.all([...heads].map(async ([groupId, head]) => (await this.find(groupId))?.catchUp(head)))
  }

  /** No room is of use any more: who is in one resumes. */
  closeAll(): void {
    for (const groupId of this.groupIds) this.#close(groupId)
  }

  stop(): void {
    for (const subscription of this.#members) subscription.unsubscribe()
    this.closeAll()
  }

  #remember(peer: ClientSocket, room: Room): void {
    const rooms = this.#roomsOf.get(peer)
    if (rooms) rooms.push(room)
    else this.#roomsOf.set(peer, [room])
  }

  #gone(groupId: string): Promise<never> {
    return Promise.reject(new Error(`room ${groupId} closed while it was opened`))
  }

  #listen(groupId: string): Listener[] {
    return this.#kinds.map((kind) => kind.listen(groupId))
  }

  async #enter(groupId: string, heads: ReturnType<GroupLog['heads']>): Promise<Room> {
    const { log, events, onFailure } = this.options
    const [head, epoch] = await Promise.all([heads, log.epoch(groupId)])
    const empty = () => {
      room.close()
      this.#close(groupId)
    }
    const { repaired, delivered, publish } = events
    const heard = { repaired, delivered, publish, empty }
    const room = new Room(groupId, epoch, head.get(groupId) ?? NO_HEADS, log, heard, onFailure)
    return room
  }

  #offer(room: Room, message: Msg): void {
    const copy = copyOf(message)
    if (copy) room.offer(copy)
  }

  /** What is not kept: to everybody in the room but the one it comes from. */
  async #broadcast(groupId: string, frame: Parameters<typeof serverFrame>[0], fromUserId = ''): Promise<void> {
    const room = await this.find(groupId)
    room?.broadcast(serverFrame(frame), fromUserId)
  }

  #close(groupId: string): void {
    const opened = this.#open.get(groupId)
    this.#open.delete(groupId)
    for (const listener of opened?.listeners ?? []) listener.unsubscribe()
    opened?.room.then(
      (room) => room.close(),
      () => undefined,
    )
  }

  /** Somebody connected here may have become a member of a group: let their sockets in. */
  membersChanged({ groupId, lane, seq, commit }: GroupCommit): void {
    const changes = commit.events.flatMap(({ body }) => rosterChanges(body))
    const joined = new Set(changes.filter(({ role }) => role !== undefined).map(({ userId }) => userId))
    const rosterSeq = lane === 'roster' ? seq : 0
    for (const userId of joined) {
      for (const peer of this.options.peersOf(userId)) {
        peer.whenReady(() => void this.#admit(groupId, peer, rosterSeq).catch(this.options.onFailure))
      }
    }
  }

  async #admit(groupId: string, peer: ClientSocket, rosterSeq: number): Promise<void> {
    const known = await this.find(groupId)
    if (peer.closed || known?.has(peer)) return
    const entered = await this.enter(groupId, peer, rosterSeq)
    if (!entered) return
    const { room, head } = entered
    peer.send(serverFrame({ case: 'groupJoined', value: { head: cursorOf(groupId, room.epoch, head) } }))
    room.open(peer)
  }
}
