import {
  advance,
  type ClientCursor,
  cursorOf,
  deliveryStep,
  isAhead,
  type LaneHeads,
  lanesBehind,
  NO_HEADS,
  resumePlan,
} from '@beseda/client-protocol'
import { LANES, type LaneName } from '@beseda/proto'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { rosterChanges } from '@beseda/rules'
import type { ClientSocket } from '../session/client-socket.js'
import { commitFrame, serverFrame } from '../session/frames.js'
import { Backlog } from './backlog.js'
import type { Topics } from './gather.js'
import type { CopiedCommit, GroupCommit, KeptCommit } from './group-commit.js'
import type { GroupLog } from './group-log.js'
import { type Replayed, Replays } from './replays.js'

export interface RoomEvents {
  /** A lane was read from the log because the bus had lost something. */
  repaired(lane: LaneName): void
  /** A commit was sent to this many sockets: live, or in a replay. */
  delivered?: ((commit: Pick<KeptCommit, 'lane' | 'commit'>, sockets: number, live: boolean) => void) | undefined
  /** The last socket has left. */
  empty(groupId: string): void
  /** The sockets of a room that are live follow its topic. */
  readonly topics: Topics
}

/** The client has everything, gets what it lacks, or fetches the state. */
export type ResumeKind = 'current' | 'replay' | 'snapshot'

/** How one client is brought up in one group. */
export interface Resumption {
  readonly kind: ResumeKind
  readonly replayed: readonly Replayed[]
  readonly head: LaneHeads
}

/**
 * One group with members connected to this gateway. Copies of commits from the bus are put in order, holes are filled from the log, and each
 * commit goes to those who are members at its position in the log. All work of a room runs one task after another.
 */
export class Room {
  /** Sockets in the room. One that is being brought up has a backlog; the others follow the room's topic. */
  readonly #sockets = new Map<ClientSocket, Backlog | undefined>()
  readonly #replays: Replays
  /** Sockets with a backlog: while there are none, a delivery looks at no socket. */
  #resuming = 0
  #tail: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(
    readonly groupId: string,
    readonly epoch: string,
    private heads: LaneHeads,
    private readonly log: GroupLog,
    private readonly events: RoomEvents,
    private readonly onFailure: (error: unknown) => void,
  ) {
    this.#replays = new Replays(groupId, epoch, log)
  }

  get size(): number {
    return this.#sockets.size
  }

  /** Sequence of the roster that the room has folded. */
  get rosterSeq(): number {
    return this.heads.roster
  }

  /** A closed room receives nothing from the bus and lets nobody in. */
  get closed(): boolean {
    return this.#closed
  }

  close(): void {
    this.#closed = true
    this.#replays.forget()
    this.events.topics.flush(this.groupId)
  }

  has(socket: ClientSocket): boolean {
    return this.#sockets.has(socket)
  }

  /** Takes a copy from the bus. */
  offer(copy: CopiedCommit): void {
    this.#run(() => this.#receive(copy)).catch(this.onFailure)
  }

  /** Delivers from the log what the room lacks up to these heads. */
  catchUp(target: LaneHeads): Promise<void> {
    return this.#run(async () => {
      for (const lane of LANES) if (this.heads[lane] < target[lane]) await this.#repair(lane)
    })
  }

  /** Sends a frame to all members but one. */
  broadcast(frame: Uint8Array, exceptUserId: string): void {
    this.events.topics.flush(this.groupId)
    for (const socket of this.#sockets.keys()) if (socket.userId !== exceptUserId) socket.send(frame)
  }

  /**
   * Lets the socket of a person in who was a member at `rosterSeq`. Resolves with the room's heads; commits after them wait for
   * {@link goLive}. Undefined: the person is no longer a member, or the room has closed.
   */
  attach(socket: ClientSocket, rosterSeq: number): Promise<LaneHeads | undefined> {
    return this.#run(async () => {
      if (this.#sockets.has(socket)) return this.heads
      if (this.heads.roster < rosterSeq) await this.#repair('roster')
      const since = this.heads.roster > rosterSeq ? await this.log.lane(this.groupId, 'roster', rosterSeq) : []
      const changes = since.flatMap(({ commit }) => commit.events.flatMap(({ body }) => rosterChanges(body)))
      const last = changes.findLast(({ userId }) => userId === socket.userId)
      if (this.#closed || (last && last.role === undefined)) return undefined
      this.#sockets.set(socket, new Backlog())
      this.#resuming++
      return this.heads
    })
  }

  /**
   * How a client comes from its cursor to the head of its attachment. `hiddenUpTo`: history up to this sequence is hidden from the member,
   * who joined later; a replay that would show any of it becomes a snapshot, because only the services know what the member may see.
   */
  async plan(cursor: ClientCursor | undefined, head: LaneHeads, hiddenUpTo = 0): Promise<Resumption> {
    const from = cursor && isAhead(cursor, this.epoch, head) ? await this.#within(cursor, head) : cursor
    const plan = resumePlan(from, this.epoch, head)
    if (plan.kind === 'current') return { kind: 'current', replayed: [], head }
    const replayed =
      plan.kind === 'replay' && from ? await this.#replays.between(from.heads, head, plan.afterSeq) : undefined
    const isVisible = replayed?.every(({ commit }) => commit.seq >= hiddenUpTo)
    return replayed && isVisible ? { kind: 'replay', replayed, head } : { kind: 'snapshot', replayed: [], head }
  }

  /**
   * Sends what the plan says, then what has come since the attachment; then the socket is live. Resolves when it is; undefined: it is
   * already, because the reader took everything at once.
   */
  resume(socket: ClientSocket, { kind, replayed, head }: Resumption): Promise<void> | undefined {
    const frames = replayed.map(({ frame }) => frame)
    for (const { commit } of replayed) this.events.delivered?.(commit, 1, false)
    if (kind === 'snapshot') {
      frames.push(serverFrame({ case: 'snapshotRequired', value: { head: cursorOf(this.groupId, this.epoch, head) } }))
    }
    const backlog = this.#sockets.get(socket)
    const isWanted = () => backlog !== undefined && !socket.closed && this.#sockets.get(socket) === backlog
    const finish = () => {
      if (isWanted()) this.goLive(socket)
    }
    const poured = pour(socket, frames, isWanted)
    if (!poured && !backlog?.frames.length) {
      finish()
      return undefined
    }
    return Promise.resolve(poured).then(async () => {
      while (backlog && backlog.frames.length > 0 && isWanted()) await pour(socket, backlog.take(), isWanted)
      finish()
    })
  }

  /** Sends what has come since the attachment, and from now on everything as it happens. */
  goLive(socket: ClientSocket): void {
    const backlog = this.#sockets.get(socket)
    if (!backlog) return
    this.#resuming--
    this.#sockets.set(socket, undefined)
    // What was published is in the backlog as well.
    this.events.topics.flush(this.groupId)
    if (backlog.overrun) {
      socket.close(CloseCode.TOO_SLOW)
      return
    }
    for (const frame of backlog.frames) socket.send(frame)
    // A socket that could not take them all has left by now.
    if (this.has(socket)) socket.follow(this.groupId)
  }

  detach(socket: ClientSocket): void {
    const backlog = this.#sockets.get(socket)
    if (!this.#sockets.delete(socket)) return
    if (backlog) this.#resuming--
    else socket.unfollow(this.groupId)
    if (this.#sockets.size === 0) this.events.empty(this.groupId)
  }

  #run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work, work)
    // The caller gets the error; the next piece of work does not.
    this.#tail = result.catch(() => undefined)
    return result
  }

  async #receive(copy: CopiedCommit): Promise<void> {
    const position = { ...copy, rosterSeq: Number(copy.commit.rosterSeq) }
    for (let repairs = 0; ; repairs++) {
      const step = deliveryStep(this.heads, position)
      if (step.kind === 'deliver') this.#deliver(copy)
      // After that many repairs the log has neither the copy nor what it builds on: both were erased meanwhile.
      if (step.kind !== 'repair' || repairs === LANES.length) return
      await this.#repair(step.lane)
    }
  }

  /**
   * A client that was told more than this room shows that the room lags: it catches up from the log. What it delivers then reaches the client
   * a second time, which ignores it. The cursor, no further than the head; undefined: the log does not have what the client was told.
   */
  async #within(cursor: ClientCursor, head: LaneHeads): Promise<ClientCursor | undefined> {
    if (lanesBehind(this.heads, cursor.heads).length > 0) {
      const present = (await this.log.headsNow([this.groupId])).get(this.groupId) ?? NO_HEADS
      if (lanesBehind(present, cursor.heads).length > 0) return undefined
      await this.catchUp(present)
    }
    const lower = (lane: LaneName) => Math.min(cursor.heads[lane], head[lane])
    const heads = { group: lower('group'), roster: lower('roster'), messages: lower('messages'), calls: lower('calls') }
    return { ...cursor, heads }
  }

  /** Delivers what the log has beyond the lane's head, and first the rosters that messages depend on. */
  async #repair(lane: LaneName): Promise<void> {
    const missing = await this.log.lane(this.groupId, lane, this.heads[lane])
    this.events.repaired(lane)
    for (const commit of missing) {
      if (lane === 'messages' && Number(commit.commit.rosterSeq) > this.heads.roster) await this.#repair('roster')
      if (commit.seq > this.heads[lane]) this.#deliver(commit)
    }
  }

  #deliver(delivery: GroupCommit): void {
    const { lane, seq, bytes } = delivery
    const prevSeq = this.heads[lane]
    this.heads = advance(this.heads, lane, seq)
    this.#replays.delivered(delivery)
    if (lane === 'roster' || lane === 'group') this.#dismissLeavers(delivery)
    if (this.#sockets.size === 0) return
    const frame = commitFrame({ groupId: this.groupId, lane, seq, prevSeq, epoch: this.epoch, bytes })
    if (this.#resuming > 0) for (const backlog of this.#sockets.values()) backlog?.push(frame)
    this.events.topics.publish(this.groupId, frame, this.#sockets.size)
    this.events.delivered?.(delivery, this.#sockets.size, true)
  }

  #dismissLeavers({ commit, seq }: GroupCommit): void {
    const bodies = commit.events.map(({ body }) => body)
    const removed = new Set<string>()
    for (const { userId, role } of bodies.flatMap(rosterChanges)) {
      if (role === undefined) removed.add(userId)
      else removed.delete(userId)
    }
    const isDeleted = bodies.some((body) => body.case === 'groupDeleted')
    if (!isDeleted && removed.size === 0) return
    // Whoever leaves still gets what was published until now.
    this.events.topics.flush(this.groupId)
    for (const socket of [...this.#sockets.keys()]) {
      if (!isDeleted && !removed.has(socket.userId)) continue
      socket.send(serverFrame({ case: 'groupLeft', value: { groupId: this.groupId, seq: BigInt(seq) } }))
      this.detach(socket)
    }
  }
}

/**
 * Sends frames no faster than they are read: a long absence is more than one socket may have unsent. Ends early when `isWanted` no longer
 * holds. Undefined: everything went out at once.
 */
function pour(socket: ClientSocket, frames: readonly Uint8Array[], isWanted: () => boolean): Promise<void> | undefined {
  for (const [i, frame] of frames.entries()) {
    if (!isWanted()) return undefined
    socket.send(frame)
    const drained = socket.drained()
    if (drained !== undefined) return drained.then(() => pour(socket, frames.slice(i + 1), isWanted))
  }
  return undefined
}
