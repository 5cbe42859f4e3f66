import { advance, type LaneHeads, lanesBehind } from '@beseda/client-protocol'
import { LANES } from '@beseda/proto'
import { commitFrame } from '../session/frames.js'
import type { GroupCommit } from './group-commit.js'
import type { GroupLog } from './group-log.js'

/** Commits sent one by one at a resume; a client further behind fetches the state, which is smaller. */
const MAX_REPLAY = 500
/** How long a replay is kept for other clients. Larger: more memory after a storm; smaller: the log is read anew for clients that come a little later. */
const KEEP_MS = 2_000

/** One commit that a client lacks. */
export interface Replayed {
  readonly commit: GroupCommit
  readonly frame: Uint8Array
}

/** What clients lack of one group. In a storm most members come with the same cursor: their replay is read and encoded once. */
export class Replays {
  readonly #kept = new Map<string, Promise<readonly Replayed[] | undefined>>()

  constructor(
    private readonly groupId: string,
    private readonly epoch: string,
    private readonly log: GroupLog,
  ) {}

  /**
   * Commits after `from` up to `head`, in the order of the log, which is read after `afterSeq`. Undefined: the client has to fetch the
   * state, because it is too far behind or the log no longer has all that it lacks.
   */
  between(from: LaneHeads, head: LaneHeads, afterSeq: number): Promise<readonly Replayed[] | undefined> {
    const key = [...LANES.map((lane) => from[lane]), ...LANES.map((lane) => head[lane])].join()
    const kept = this.#kept.get(key)
    if (kept !== undefined) return kept
    const made = this.#make(from, head, afterSeq)
    this.#kept.set(key, made)
    const forget = () => {
      if (this.#kept.get(key) === made) this.#kept.delete(key)
    }
    made.then(() => setTimeout(forget, KEEP_MS).unref(), forget)
    return made
  }

  /** To be called when something may have been erased: nobody gets it from here any more. */
  forget(): void {
    this.#kept.clear()
  }

  async #make(from: LaneHeads, head: LaneHeads, afterSeq: number): Promise<readonly Replayed[] | undefined> {
    const { groupId, epoch } = this
    const upTo = Math.max(...LANES.map((lane) => head[lane]))
    const { commits, more } = await this.log.all(groupId, afterSeq, upTo, MAX_REPLAY)
    // Part of an erased commit was stored again at another position; the client, which never saw the first one, has to fetch it.
    const moved = commits.some(({ erased }) => erased.some((seq) => seq > from.messages))
    if (more || moved) return undefined
    let sent = from
    const replayed: Replayed[] = []
    for (const commit of commits) {
      const { lane, seq, bytes } = commit
      if (seq <= sent[lane] || seq > head[lane]) continue
      replayed.push({ commit, frame: commitFrame({ groupId, lane, seq, prevSeq: sent[lane], epoch, bytes }) })
      sent = advance(sent, lane, seq)
    }
    // The log does not reach the head: a part must not pass for the whole.
    return lanesBehind(sent, head).length > 0 ? undefined : replayed
  }
}
