import { rosterChanges } from '@beseda/kernel'
import type { LaneName } from '@beseda/proto'
import { commitFrame, cursorOf, serverFrame } from '../session/frames.js'
import { advance, type LaneHeads, stepFor } from '../session/lanes.js'
import type { Peer } from '../session/peer.js'
import { type ClientCursor, resumePlan } from '../session/resume.js'
import type { GroupCommit } from './copies.js'
import type { GroupLog } from './group-log.js'

/** Commits sent one by one at a resume; a client further behind fetches the state, which is smaller. */
const MAX_REPLAY = 500

/** A peer's place in a room: while its replay is being read, what is live waits behind it. */
interface Attachment {
  readonly peer: Peer
  backlog: Uint8Array[] | undefined
}

export interface RoomEvents {
  /** The bus had lost something and the log mended it. */
  repaired(lane: LaneName): void
  /** Nobody is left. */
  empty(groupId: string): void
}

/**
 * One group with members connected to this gateway: what comes from the bus is put in order, mended from the log, and
 * passed to those who are members at that point of the log. All work of a room runs one step after another.
 */
export class Room {
  readonly #attachments = new Map<Peer, Attachment>()
  #tail: Promise<unknown> = Promise.resolve()
  #closed = false

  constructor(
    readonly groupId: string,
    readonly epoch: string,
    private heads: LaneHeads,
    private readonly log: GroupLog,
    private readonly events: RoomEvents,
    private readonly onFailure: (error: unknown) => void,
  ) {}

  get size(): number {
    return this.#attachments.size
  }

  /** Nobody gets in any more: the room hears nothing from the bus. */
  get closed(): boolean {
    return this.#closed
  }

  close(): void {
    this.#closed = true
  }

  has(peer: Peer): boolean {
    return this.#attachments.has(peer)
  }

  /** Takes a copy from the bus. */
  offer(copy: GroupCommit & { readonly prevSeq: number }): void {
    this.#run(() => this.#receive(copy)).catch(this.onFailure)
  }

  /** To all members but one, as it is. */
  broadcast(frame: Uint8Array, exceptUserId: string): void {
    for (const { peer } of this.#attachments.values()) if (peer.userId !== exceptUserId) peer.send(frame)
  }

  /**
   * Lets a person's socket in who was a member at `rosterSeq`. Undefined: is one no more, or the room has closed. The
   * head is where the room stands; what follows it waits until {@link open} is called.
   */
  attach(peer: Peer, rosterSeq: number): Promise<LaneHeads | undefined> {
    return this.#run(async () => {
      if (this.#attachments.has(peer)) return this.heads
      if (this.heads.roster < rosterSeq) await this.#repair('roster')
      const since = this.heads.roster > rosterSeq ? await this.log.lane(this.groupId, 'roster', rosterSeq) : []
      const changes = since.flatMap(({ commit }) => commit.events.flatMap(({ body }) => rosterChanges(body)))
      const last = changes.findLast(({ userId }) => userId === peer.userId)
      if (this.#closed || (last && last.role === undefined)) return undefined
      this.#attachments.set(peer, { peer, backlog: [] })
      return this.heads
    })
  }

  /** Sends what the cursor lacks up to the head of the attachment, then what has gathered; from now on it is live. */
  async resume(
    peer: Peer,
    cursor: ClientCursor | undefined,
    head: LaneHeads,
  ): Promise<'current' | 'replay' | 'snapshot'> {
    const plan = resumePlan(cursor, this.epoch, head)
    if (plan.kind === 'snapshot' || !cursor) {
      this.#snapshot(peer, head)
    } else if (plan.kind === 'replay') {
      const { commits, more } = await this.log.all(this.groupId, plan.afterSeq, MAX_REPLAY)
      // What was erased and kept elsewhere can only be fetched: the client has not seen it where it stood.
      const moved = commits.some(({ erased }) => erased.some((seq) => seq > cursor.heads.messages))
      if (more || moved) this.#snapshot(peer, head)
      else this.#replay(peer, commits, cursor.heads, head)
    }
    this.open(peer)
    return plan.kind
  }

  /** What has gathered since the attachment, and everything after it. */
  open(peer: Peer): void {
    const attachment = this.#attachments.get(peer)
    for (const frame of attachment?.backlog ?? []) peer.send(frame)
    if (attachment) attachment.backlog = undefined
  }

  detach(peer: Peer): void {
    if (this.#attachments.delete(peer) && this.#attachments.size === 0) this.events.empty(this.groupId)
  }

  #snapshot(peer: Peer, head: LaneHeads): void {
    peer.send(serverFrame({ case: 'snapshotRequired', value: { head: cursorOf(this.groupId, this.epoch, head) } }))
  }

  #replay(peer: Peer, commits: readonly GroupCommit[], from: LaneHeads, head: LaneHeads): void {
    let sent = from
    for (const { lane, seq, bytes } of commits) {
      if (seq <= sent[lane] || seq > head[lane]) continue
      peer.send(commitFrame({ groupId: this.groupId, lane, seq, prevSeq: sent[lane], epoch: this.epoch, bytes }))
      sent = advance(sent, lane, seq)
    }
  }

  #run<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work, work)
    this.#tail = result.catch(() => undefined)
    return result
  }

  async #receive(copy: GroupCommit & { readonly prevSeq: number }): Promise<void> {
    const place = { ...copy, rosterSeq: Number(copy.commit.rosterSeq) }
    for (let step = stepFor(this.heads, place); step.kind !== 'ignore'; step = stepFor(this.heads, place)) {
      if (step.kind === 'deliver') this.#deliver(copy)
      else await this.#repair(step.lane)
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

  #deliver({ lane, seq, commit, bytes }: GroupCommit): void {
    const prevSeq = this.heads[lane]
    this.heads = advance(this.heads, lane, seq)
    const bodies = commit.events.map(({ body }) => body)
    const removed = new Set<string>()
    for (const { userId, role } of bodies.flatMap(rosterChanges)) {
      if (role === undefined) removed.add(userId)
      else removed.delete(userId)
    }
    const deleted = bodies.some((body) => body.case === 'groupDeleted')
    const leaving = [...this.#attachments.keys()].filter((peer) => deleted || removed.has(peer.userId))
    for (const peer of leaving) this.#dismiss(peer)
    if (this.#attachments.size === 0) return
    const frame = commitFrame({ groupId: this.groupId, lane, seq, prevSeq, epoch: this.epoch, bytes })
    for (const { peer, backlog } of this.#attachments.values()) {
      if (backlog) backlog.push(frame)
      else peer.send(frame)
    }
  }

  #dismiss(peer: Peer): void {
    peer.send(serverFrame({ case: 'groupLeft', value: { groupId: this.groupId } }))
    this.detach(peer)
  }
}
