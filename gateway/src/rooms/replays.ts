import { advance, type LaneHeads, lanesBehind } from '@beseda/client-protocol'
import { LANES } from '@beseda/proto'
import { commitFrame } from '../session/frames.js'
import type { GroupCommit, KeptCommit } from './group-commit.js'
import type { GroupLog } from './group-log.js'
import { KeptTails } from './kept-tails.js'
import { type Entry, RoomTail } from './room-tail.js'

/** Commits sent one by one at a resume; a client further behind fetches the state, which is smaller. */
const MAX_REPLAY = 500
/**
 * How long the tail of a room is kept after it was read. Larger: more memory after a storm; smaller: the log is read anew for members that come
 * a little later. After a failure everybody is back within half a minute.
 */
const KEEP_MS = 30_000
/** Bytes of commits of all tails that are kept. Their frames take as much again. */
const MAX_KEPT_BYTES = 16 * 1024 * 1024

const kept = new KeptTails<RoomTail>(MAX_KEPT_BYTES)

/** One commit that a client lacks. */
export interface Replayed {
  readonly commit: KeptCommit
  readonly frame: Uint8Array
}

/**
 * What clients lack of one group. In a storm its members come one after another, each with another cursor: the log is read for the first, and
 * again only for one who lacks more than anybody before (ADR 91).
 */
export class Replays {
  #tail: RoomTail | undefined
  /** The read that will become the tail, and what the room has delivered since it began. */
  #reading:
    | { readonly afterSeq: number; readonly upTo: number; readonly done: Promise<RoomTail | undefined> }
    | undefined
  #meanwhile: GroupCommit[] = []
  /** Whoever lacks what came after this sequence lacks too much. */
  #tooFar = -1
  #forgetTimer: ReturnType<typeof setTimeout> | undefined

  constructor(
    private readonly groupId: string,
    private readonly epoch: string,
    private readonly log: GroupLog,
  ) {}

  /**
   * Commits after `from` up to `head`, in the order of the log, which is read after `afterSeq`. Undefined: the client has to fetch the
   * state, because it is too far behind or the log no longer has all that it lacks.
   */
  async between(from: LaneHeads, head: LaneHeads, afterSeq: number): Promise<readonly Replayed[] | undefined> {
    const upTo = Math.max(...LANES.map((lane) => head[lane]))
    const tail = await this.#tailAfter(afterSeq, upTo)
    const entries = tail?.after(afterSeq)
    return entries && entries.length <= MAX_REPLAY ? this.#framesOf(entries, from, head) : undefined
  }

  /** The room has delivered this commit to its sockets. */
  delivered(commit: GroupCommit): void {
    // What an edit, a deletion or an erasure has replaced is read from the log as it is now.
    if (commit.commit.events.some(({ body }) => body.case !== 'messagePosted')) this.forget()
    else if (this.#reading) this.#meanwhile.push(commit)
    else if (this.#tail) this.#continue(this.#tail, commit)
  }

  /** Nobody gets anything from here any more that was read before. */
  forget(): void {
    clearTimeout(this.#forgetTimer)
    if (this.#tail) kept.forget(this.#tail)
    this.#tail = undefined
    this.#reading = undefined
    this.#meanwhile = []
  }

  /** Undefined: more has happened than a replay may hold. */
  #tailAfter(afterSeq: number, upTo: number): RoomTail | undefined | Promise<RoomTail | undefined> {
    if (afterSeq <= this.#tooFar) return undefined
    if (this.#tail?.covers(afterSeq, upTo)) return this.#tail
    const reading = this.#reading
    if (reading && reading.afterSeq <= afterSeq && upTo <= reading.upTo)
      return reading.done.then((tail) => tail ?? this.#tailAfter(afterSeq, upTo))
    return this.#read(afterSeq, upTo)
  }

  #read(afterSeq: number, upTo: number): Promise<RoomTail | undefined> {
    this.forget()
    const done = this.log.all(this.groupId, afterSeq, upTo, MAX_REPLAY).then(({ commits, more }) => {
      if (more) this.#tooFar = Math.max(this.#tooFar, afterSeq)
      const tail = more ? undefined : new RoomTail(afterSeq, upTo, commits)
      if (this.#reading === reading) this.#become(tail)
      return tail
    })
    const reading = { afterSeq, upTo, done }
    this.#reading = reading
    // Whoever asked is told; the next one reads anew.
    done.catch(() => {
      // Whoever asked gets the error; the next one reads again.
      if (this.#reading === reading) this.forget()
    })
    return done
  }

  #become(tail: RoomTail | undefined): void {
    const meanwhile = this.#meanwhile
    this.#meanwhile = []
    this.#reading = undefined
    this.#tail = tail
    if (!tail) return
    this.#forgetTimer = setTimeout(() => this.forget(), KEEP_MS)
    this.#forgetTimer.unref()
    this.#keep(tail)
    for (const commit of meanwhile) if (this.#tail === tail) this.#continue(tail, commit)
  }

  #continue(tail: RoomTail, commit: GroupCommit): void {
    if (tail.length < MAX_REPLAY && tail.continue(commit)) this.#keep(tail)
    else this.forget()
  }

  #keep(tail: RoomTail): void {
    kept.keep(tail, tail.bytes, () => {
      if (this.#tail === tail) this.forget()
    })
  }

  #framesOf(entries: readonly Entry[], from: LaneHeads, head: LaneHeads): readonly Replayed[] | undefined {
    // Part of an erased commit was stored again at another position; the client, which never saw the first one, has to fetch it.
    if (entries.some(({ commit }) => commit.erased.some((seq) => seq > from.messages))) return undefined
    let sent = from
    const replayed: Replayed[] = []
    for (const entry of entries) {
      const { lane, seq } = entry.commit
      if (seq <= sent[lane] || seq > head[lane]) continue
      replayed.push({ commit: entry.commit, frame: this.#frameOf(entry, sent[lane]) })
      sent = advance(sent, lane, seq)
    }
    // The log does not reach the head: a part must not pass for the whole.
    return lanesBehind(sent, head).length > 0 ? undefined : replayed
  }

  #frameOf(entry: Entry, prevSeq: number): Uint8Array {
    if (entry.sent?.prevSeq === prevSeq) return entry.sent.frame
    const { lane, seq, bytes } = entry.commit
    const frame = commitFrame({ groupId: this.groupId, lane, seq, prevSeq, epoch: this.epoch, bytes })
    entry.sent = { prevSeq, frame }
    return frame
  }
}
