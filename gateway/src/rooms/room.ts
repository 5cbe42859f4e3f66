import { advance, type ClientCursor, cursorOf, deliveryStep, type LaneHeads, resumePlan } from '@beseda/client-protocol'
import { LANES, type LaneName } from '@beseda/proto'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { rosterChanges } from '@beseda/rules'
import type { ClientSocket } from '../session/client-socket.js'
import { commitFrame, serverFrame } from '../session/frames.js'
import { Backlog } from './backlog.js'
import type { GroupCommit } from './group-commit.js'
import type { GroupLog } from './group-log.js'
import { type Replayed, Replays } from './replays.js'

export interface RoomEvents {
  /** The bus had lost something and the log mended it. */
  repaired(lane: LaneName): void
  /** A commit goes to sockets: as it happens, or again to one that was away. */
  delivered?: ((commit: GroupCommit, sockets: number, live: boolean) => void) | undefined
  /** Nobody is left. */
  empty(groupId: string): void
  /** To every socket that follows the topic. */
  publish(topic: string, frame: Uint8Array): void
}

/** How a client is brought up in one group: it has everything, gets what it lacks, or fetches the state. */
export interface Resumption {
  readonly kind: 'current' | 'replay' | 'snapshot'
  readonly replayed: readonly Replayed[]
  readonly head: LaneHeads
}

/**
 * One group with members connected to this gateway: what comes from the bus is put in order, mended from the log, and
 * passed to those who are members at that point of the log. All work of a room runs one step after another.
 */
export class Room {
  /** Sockets in the room; those that are being brought up have a backlog, the others follow the room's topic. */
  readonly #peers = new Map<ClientSocket, Backlog | undefined>()
  readonly #replays: Replays
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
    return this.#peers.size
  }

  /** Nobody gets in any more: the room hears nothing from the bus. */
  get closed(): boolean {
    return this.#closed
  }

  close(): void {
    this.#closed = true
  }

  has(peer: ClientSocket): boolean {
    return this.#peers.has(peer)
  }

  /** Takes a copy from the bus. */
  offer(copy: GroupCommit & { readonly prevSeq: number }): void {
    this.#run(() => this.#receive(copy)).catch(this.onFailure)
  }

  /** The log stands here: what the room has not passed on by now, it reads. */
  catchUp(target: LaneHeads): Promise<void> {
    return this.#run(async () => {
      for (const lane of LANES) if (this.heads[lane] < target[lane]) await this.#repair(lane)
    })
  }

  /** To all members but one, as it is. */
  broadcast(frame: Uint8Array, exceptUserId: string): void {
    for (const peer of this.#peers.keys()) if (peer.userId !== exceptUserId) peer.send(frame)
  }

  /**
   * Lets a person's socket in who was a member at `rosterSeq`. Undefined: is one no more, or the room has closed. The
   * head is where the room stands; what follows it waits until {@link open} is called.
   */
  attach(peer: ClientSocket, rosterSeq: number): Promise<LaneHeads | undefined> {
    return this.#run(async () => {
      if (this.#peers.has(peer)) return this.heads
      if (this.heads.roster < rosterSeq) await this.#repair('roster')
      const since = this.heads.roster > rosterSeq ? await this.log.lane(this.groupId, 'roster', rosterSeq) : []
      const changes = since.flatMap(({ commit }) => commit.events.flatMap(({ body }) => rosterChanges(body)))
      const last = changes.findLast(({ userId }) => userId === peer.userId)
      if (this.#closed || (last && last.role === undefined)) return undefined
      this.#peers.set(peer, new Backlog())
      this.#resuming++
      return this.heads
    })
  }

  /**
   * How a client comes from its cursor to the head of its attachment. A cursor from before its person came, where newcomers do not see what
   * was said then (`hiddenUpTo`), is no place to go on from: what the person may see is for the services to say.
   */
  async plan(cursor: ClientCursor | undefined, head: LaneHeads, hiddenUpTo = 0): Promise<Resumption> {
    const plan = resumePlan(cursor, this.epoch, head)
    if (plan.kind === 'current') return { kind: 'current', replayed: [], head }
    const replayed =
      plan.kind === 'replay' && cursor ? await this.#replays.between(cursor.heads, head, plan.afterSeq) : undefined
    const isWhole = replayed?.every(({ commit }) => commit.seq >= hiddenUpTo)
    return replayed && isWhole ? { kind: 'replay', replayed, head } : { kind: 'snapshot', replayed: [], head }
  }

  /**
   * Sends what the plan says, then what has gathered since the attachment; from now on it is live. Undefined: so it is already, for
   * the reader takes it all at once.
   */
  resume(peer: ClientSocket, { kind, replayed, head }: Resumption): Promise<void> | undefined {
    const frames = replayed.map(({ frame }) => frame)
    for (const { commit } of replayed) this.events.delivered?.(commit, 1, false)
    if (kind === 'snapshot') {
      frames.push(serverFrame({ case: 'snapshotRequired', value: { head: cursorOf(this.groupId, this.epoch, head) } }))
    }
    const backlog = this.#peers.get(peer)
    const waits = () => backlog !== undefined && !peer.closed && this.#peers.get(peer) === backlog
    const goLive = () => {
      if (waits()) this.open(peer)
    }
    const poured = pour(peer, frames, waits)
    if (!poured && !backlog?.frames.length) {
      goLive()
      return undefined
    }
    return Promise.resolve(poured).then(async () => {
      while (backlog && backlog.frames.length > 0 && waits()) await pour(peer, backlog.take(), waits)
      goLive()
    })
  }

  /** What has gathered since the attachment, and everything after it. */
  open(peer: ClientSocket): void {
    const backlog = this.#peers.get(peer)
    if (!backlog) return
    this.#resuming--
    if (backlog.overrun) {
      this.#peers.set(peer, undefined)
      peer.close(CloseCode.TOO_SLOW)
      return
    }
    for (const frame of backlog.frames) peer.send(frame)
    this.#peers.set(peer, undefined)
    peer.follow(this.groupId)
  }

  detach(peer: ClientSocket): void {
    const backlog = this.#peers.get(peer)
    if (!this.#peers.delete(peer)) return
    if (backlog) this.#resuming--
    else peer.unfollow(this.groupId)
    if (this.#peers.size === 0) this.events.empty(this.groupId)
  }

  #run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work, work)
    this.#tail = result.catch(() => undefined)
    return result
  }

  async #receive(copy: GroupCommit & { readonly prevSeq: number }): Promise<void> {
    const place = { ...copy, rosterSeq: Number(copy.commit.rosterSeq) }
    for (let repairs = 0; ; repairs++) {
      const step = deliveryStep(this.heads, place)
      if (step.kind === 'deliver') this.#deliver(copy)
      // The log does not have what the copy builds on, nor the copy: all of it has been erased meanwhile.
      if (step.kind !== 'repair' || repairs === LANES.length) return
      await this.#repair(step.lane)
    }
  }

  /** Passes on what the log has beyond the lane's head. Rosters first: messages may depend on them. */
  async #repair(lane: LaneName): Promise<void> {
    const missing = await this.log.lane(this.groupId, lane, this.heads[lane])
    this.events.repaired(lane)
    for (const commit of missing) {
      if (lane === 'messages' && Number(commit.commit.rosterSeq) > this.heads.roster) await this.#repair('roster')
      if (commit.seq > this.heads[lane]) this.#deliver(commit)
    }
  }

  #deliver(delivery: GroupCommit): void {
    const { lane, seq, commit, bytes } = delivery
    const prevSeq = this.heads[lane]
    this.heads = advance(this.heads, lane, seq)
    if (commit.events.some(({ body }) => body.case !== 'messagePosted')) this.#replays.forget()
    if (lane === 'roster' || lane === 'group') this.#dismissLeavers(commit)
    if (this.#peers.size === 0) return
    const frame = commitFrame({ groupId: this.groupId, lane, seq, prevSeq, epoch: this.epoch, bytes })
    if (this.#resuming > 0) for (const backlog of this.#peers.values()) backlog?.push(frame)
    this.events.publish(this.groupId, frame)
    this.events.delivered?.(delivery, this.#peers.size, true)
  }

  #dismissLeavers(commit: GroupCommit['commit']): void {
    const bodies = commit.events.map(({ body }) => body)
    const removed = new Set<string>()
    for (const { userId, role } of bodies.flatMap(rosterChanges)) {
      if (role === undefined) removed.add(userId)
      else removed.delete(userId)
    }
    const deleted = bodies.some((body) => body.case === 'groupDeleted')
    if (!deleted && removed.size === 0) return
    for (const peer of [...this.#peers.keys()]) {
      if (!deleted && !removed.has(peer.userId)) continue
      // Sent before the topic is left: what was published until now goes out ahead of it.
      peer.send(serverFrame({ case: 'groupLeft', value: { groupId: this.groupId } }))
      this.detach(peer)
    }
  }
}

/**
 * Frames, no faster than they are read: what somebody was away for may be more than a socket may have unsent. Ends when nobody waits for
 * them any more. Undefined: all went out at once.
 */
function pour(peer: ClientSocket, frames: readonly Uint8Array[], waits: () => boolean): Promise<void> | undefined {
  for (const [i, frame] of frames.entries()) {
    if (!waits()) return undefined
    peer.send(frame)
    const emptied = peer.drained()
    if (emptied !== undefined) return emptied.then(() => pour(peer, frames.slice(i + 1), waits))
  }
  return undefined
}
