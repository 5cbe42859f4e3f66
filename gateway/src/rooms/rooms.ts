import { SharedRead } from '@beseda/async'
import { cursorOf, type LaneHeads, NO_HEADS } from '@beseda/client-protocol'
import type { CommitCopy, FanOut, Following } from '@beseda/event-log'
import { callSubject, seenSubject, typingSubject } from '@beseda/proto'
import { type Call, CallChangedSchema } from '@beseda/proto/call/v1/call_service'
import { NoticeChangedSchema, SeenSchema, TypingSchema, UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { noticedPerson, rosterChanges } from '@beseda/rules'
import { create, fromBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import { Listeners } from '../bus/listeners.js'
import type { ClientSocket } from '../session/client-socket.js'
import { serverFrame } from '../session/frames.js'
import { copiedCommit, type GroupCommit } from './group-commit.js'
import type { GroupLog } from './group-log.js'
import { Room, type RoomEvents } from './room.js'

interface OpenRoom {
  readonly room: Promise<Room>
  /** The same, once it is made. */
  made: Room | undefined
  readonly listeners: readonly Following[]
}

/** A room that a socket was let into. Commits after `head` wait until the room goes live for the socket. */
export interface Entered {
  readonly room: Room
  readonly head: LaneHeads
}

interface RoomsEvents extends Pick<RoomEvents, 'repaired' | 'delivered' | 'topics'> {
  /** The call of a group has changed. Called before any socket hears of it. */
  callChanged(call: Call): void
}

export interface RoomsOptions {
  /** For what is in no log: typing, calls. */
  readonly nats: NatsConnection
  readonly fanOut: FanOut
  readonly log: GroupLog
  /** Sockets of a person on this gateway. */
  socketsOf(userId: string): Iterable<ClientSocket>
  readonly events: RoomsEvents
  readonly onFailure: (error: unknown) => void
}

/** The rooms of all groups that have a member connected to this gateway. */
export class Rooms {
  readonly #open = new Map<string, OpenRoom>()
  readonly #memberChanges: readonly Following[]
  /** Rooms that a socket was let into. A room that it was dismissed from since may still be among them. */
  readonly #roomsOf = new Map<ClientSocket, Room[]>()
  /** Heads are read after the server has the subscriptions: every commit stored from then on arrives as a copy. */
  readonly #heads: SharedRead<string, ReadonlyMap<string, LaneHeads>>
  /** One kind of subscription for each subject that is about one group. */
  readonly #kinds: readonly { listen(groupId: string): Following }[]

  constructor(private readonly options: RoomsOptions) {
    const { nats, fanOut, log } = options
    this.#heads = new SharedRead(async (groupIds) => {
      await nats.flush()
      return log.heads(groupIds)
    })
    this.#kinds = this.#listeners()
    this.#memberChanges = (['group', 'roster'] as const).map((lane) =>
      fanOut.follow({ lane }, (copy) => this.membersChanged(copiedCommit(copy))),
    )
  }

  get size(): number {
    return this.#open.size
  }

  get groupIds(): readonly string[] {
    return [...this.#open.keys()]
  }

  /** The rooms of these groups; those that are not open are opened together. */
  async open(groupIds: readonly string[]): Promise<Room[]> {
    const fresh = groupIds.filter((groupId) => !this.#open.has(groupId))
    if (fresh.length > 0) {
      const subscribed = fresh.map((groupId) => ({ groupId, listeners: this.#listen(groupId) }))
      const heads = this.#heads.get(fresh)
      for (const { groupId, listeners } of subscribed) {
        const opened: OpenRoom = { room: this.#make(groupId, heads), made: undefined, listeners }
        this.#open.set(groupId, opened)
        opened.room.then(
          (room) => {
            opened.made = room
          },
          () => this.#close(groupId),
        )
      }
    }
    return Promise.all(groupIds.map((groupId) => this.#open.get(groupId)?.room ?? this.#gone(groupId)))
  }

  /** The room of a group, if it is open. */
  async find(groupId: string): Promise<Room | undefined> {
    return this.#open.get(groupId)?.room
  }

  /**
   * Lets a socket into the room of a group that its person was a member of at `rosterSeq`. Undefined: the person no longer is. A room that
   * closes because its last socket leaves, while another socket waits to be let in, is opened anew for that one.
   */
  async enter(groupId: string, socket: ClientSocket, rosterSeq: number): Promise<Entered | undefined> {
    for (;;) {
      const [room] = await this.open([groupId])
      if (!room) return undefined
      const head = await room.attach(socket, rosterSeq)
      if (room.closed) continue
      if (!head || socket.closed) {
        room.detach(socket)
        if (room.size === 0) this.#closeRoom(room)
        return undefined
      }
      this.#remember(socket, room)
      return { room, head }
    }
  }

  leave(socket: ClientSocket): void {
    for (const room of this.#roomsOf.get(socket) ?? []) room.detach(socket)
    this.#roomsOf.delete(socket)
  }

  /** Rooms that are behind these heads of the log deliver what they lack. */
  async catchUp(heads: ReadonlyMap<string, LaneHeads>): Promise<void> {
    await Promise.all([...heads].map(async ([groupId, head]) => (await this.find(groupId))?.catchUp(head)))
  }

  /** Closes every room: the streams are new ones, and clients have to resume. */
  closeAll(): void {
    for (const groupId of this.groupIds) this.#close(groupId)
  }

  stop(): void {
    for (const subscription of this.#memberChanges) subscription.unsubscribe()
    this.closeAll()
  }

  /** Lets the sockets of people into the group who have become members with this commit, and tells people outside of it whom it concerns. */
  membersChanged(copy: GroupCommit): void {
    this.#giveNotice(copy)
    const { groupId, lane, seq, commit } = copy
    const changes = commit.events.flatMap(({ body }) => rosterChanges(body))
    const joined = new Set(changes.filter(({ role }) => role !== undefined).map(({ userId }) => userId))
    const rosterSeq = lane === 'roster' ? seq : 0
    for (const userId of joined) {
      for (const socket of this.options.socketsOf(userId)) {
        socket.whenReady(() => void this.#admit(groupId, socket, rosterSeq).catch(this.options.onFailure))
      }
    }
  }

  /** Who is put out, or whose request is answered, is in no room of the group. What it says they ask themselves. */
  #giveNotice({ groupId, seq, commit }: GroupCommit): void {
    const people = new Set(commit.events.flatMap(({ body }) => noticedPerson(body) ?? []))
    if (people.size === 0) return
    const event = { case: 'noticeChanged' as const, value: create(NoticeChangedSchema, { groupId, seq: BigInt(seq) }) }
    const frame = serverFrame({ case: 'userEvent', value: create(UserEventSchema, { event }) })
    for (const userId of people) {
      for (const socket of this.options.socketsOf(userId)) socket.whenReady(() => socket.send(frame))
    }
  }

  async #admit(groupId: string, socket: ClientSocket, rosterSeq: number): Promise<void> {
    const known = await this.find(groupId)
    if (socket.closed || known?.has(socket)) return
    const entered = await this.enter(groupId, socket, rosterSeq)
    if (!entered) return
    const { room, head } = entered
    socket.send(serverFrame({ case: 'groupJoined', value: { head: cursorOf(groupId, room.epoch, head) } }))
    room.goLive(socket)
  }

  #listeners(): readonly { listen(groupId: string): Following }[] {
    const { nats, fanOut, log, events } = this.options
    return [
      fanOut.ofGroups(
        (groupId) => log.partition(groupId),
        (copy) => this.#offer(copy),
      ),
      new Listeners(nats, typingSubject, (groupId, { data }) => {
        const value = fromBinary(TypingSchema, data)
        void this.#broadcast(groupId, { case: 'typing', value }, value.userId)
      }),
      new Listeners(nats, seenSubject, (groupId, { data }) => {
        const value = fromBinary(SeenSchema, data)
        void this.#broadcast(groupId, { case: 'seen', value }, value.userId)
      }),
      new Listeners(nats, callSubject, (groupId, { data }) => {
        const value = fromBinary(CallChangedSchema, data)
        if (value.call) events.callChanged(value.call)
        void this.#broadcast(groupId, { case: 'callChanged', value })
      }),
    ]
  }

  #listen(groupId: string): Following[] {
    return this.#kinds.map((kind) => kind.listen(groupId))
  }

  #offer(stored: CommitCopy): void {
    const opened = this.#open.get(stored.groupId)
    if (!opened) return
    const copy = copiedCommit(stored)
    opened.room.then(
      (room) => room.offer(copy),
      // Whoever opened the room got the error.
      () => undefined,
    )
  }

  /** Sends what is not stored to everybody in the room but the person it comes from. */
  async #broadcast(groupId: string, frame: Parameters<typeof serverFrame>[0], fromUserId = ''): Promise<void> {
    // A room that failed to open has nobody in it.
    const room = await this.find(groupId).catch(() => undefined)
    room?.broadcast(serverFrame(frame), fromUserId)
  }

  async #make(groupId: string, heads: Promise<ReadonlyMap<string, LaneHeads>>): Promise<Room> {
    const { log, events, onFailure } = this.options
    const [all, epoch] = await Promise.all([heads, log.epoch(groupId)])
    const { repaired, delivered, topics } = events
    const empty = () => this.#closeRoom(room)
    const room = new Room(
      groupId,
      epoch,
      all.get(groupId) ?? NO_HEADS,
      log,
      { repaired, delivered, topics, empty },
      onFailure,
    )
    return room
  }

  #remember(socket: ClientSocket, room: Room): void {
    const rooms = this.#roomsOf.get(socket)
    if (rooms) rooms.push(room)
    else this.#roomsOf.set(socket, [room])
  }

  #gone(groupId: string): Promise<never> {
    return Promise.reject(new Error(`room ${groupId} closed while it was being opened`))
  }

  /** The group may have a newer room already, which stays. */
  #closeRoom(room: Room): void {
    room.close()
    if (this.#open.get(room.groupId)?.made === room) this.#close(room.groupId)
  }

  #close(groupId: string): void {
    const opened = this.#open.get(groupId)
    this.#open.delete(groupId)
    for (const listener of opened?.listeners ?? []) listener.unsubscribe()
    opened?.room.then(
      (room) => room.close(),
      // Nothing to close: it failed to open.
      () => undefined,
    )
  }
}
