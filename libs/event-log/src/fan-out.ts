import type { LaneName } from '@beseda/proto'

/** The copy of a stored commit of a group, on its way to whoever is connected. */
export interface CommitCopy {
  readonly partition: number
  readonly groupId: string
  readonly lane: LaneName
  readonly seq: number
  /** Of the commit before it in the same lane; 0: there is none. Whoever knows another last one has missed commits, and reads the log. */
  readonly prevSeq: number
  /** As stored. */
  readonly bytes: Uint8Array
}

/** Which copies; what is undefined is any. */
export interface CopyFilter {
  readonly partition?: number | undefined
  readonly lane?: LaneName
}

export interface FollowOptions {
  /** Of all who follow under this name, one gets each copy. */
  readonly queue?: string
  /** The log refuses to send copies. */
  readonly onFailure?: (error: unknown) => void
}

export interface Following {
  unsubscribe(): void
}

/** Followers of single groups, of which a process may have tens of thousands. */
export interface GroupCopies {
  listen(groupId: string): Following
}

/**
 * How stored commits reach everybody at once: a port beside the log's, because not every log has it, and one that lacks it needs a
 * process that follows the log and hands copies out (ADR 92).
 *
 * Copies come after the commit is on disk, each lane's in order, from the moment of the subscription on, and any of them may be lost:
 * `prevSeq` and the heads of the log show which.
 */
export interface FanOut {
  follow(filter: CopyFilter, handle: (copy: CommitCopy) => void, options?: FollowOptions): Following
  /** All lanes of single groups. */
  ofGroups(partitionOf: (groupId: string) => number, handle: (copy: CommitCopy) => void): GroupCopies
}
