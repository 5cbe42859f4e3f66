import { type GroupCommit, type KeptCommit, keptCommit } from './group-commit.js'

/** A commit at its place in the tail, and its frame as it was last sent: nearly every client has the same commit of the lane before it. */
export interface Entry {
  readonly commit: KeptCommit
  sent: { readonly prevSeq: number; readonly frame: Uint8Array } | undefined
}

/** All commits of a group after a sequence: read from the log once, and continued by what the room delivers. */
export class RoomTail {
  readonly #entries: Entry[]
  #upTo: number

  constructor(
    /** Exclusive. */
    readonly afterSeq: number,
    upTo: number,
    commits: readonly GroupCommit[],
  ) {
    this.#entries = commits.map((commit) => ({ commit: keptCommit(commit), sent: undefined }))
    this.#upTo = Math.max(upTo, commits.at(-1)?.seq ?? 0)
  }

  get bytes(): number {
    return this.#entries.reduce((sum, { commit }) => sum + commit.bytes.length, 0)
  }

  get length(): number {
    return this.#entries.length
  }

  covers(afterSeq: number, upTo: number): boolean {
    return this.afterSeq <= afterSeq && upTo <= this.#upTo
  }

  after(seq: number): readonly Entry[] {
    return this.#entries.slice(this.#entries.findLastIndex(({ commit }) => commit.seq <= seq) + 1)
  }

  /** False: a commit that stands before what is here already, and is missing. */
  continue(commit: GroupCommit): boolean {
    if (commit.seq <= this.#upTo) return this.#entries.some((entry) => entry.commit.seq === commit.seq)
    this.#entries.push({ commit: keptCommit(commit), sent: undefined })
    this.#upTo = commit.seq
    return true
  }
}
