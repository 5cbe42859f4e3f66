import type { CommitCopy, StoredCommit } from '@beseda/event-log'
import { type LaneName, parseHistorySubject } from '@beseda/proto'
import { type Commit, CommitSchema } from '@beseda/proto/log/v1/commit'
import { shownToMembers } from '@beseda/rules'
import { fromBinary, toBinary } from '@bufbuild/protobuf'

/** A commit of a group on its way to sockets. */
export interface GroupCommit {
  readonly groupId: string
  readonly lane: LaneName
  readonly seq: number
  readonly commit: Commit
  /** As clients get it: as stored, without what is not for every member. */
  readonly bytes: Uint8Array
  /** Sequences of commits that this commit erased. */
  readonly erased: readonly number[]
}

/** What is left of a commit that is kept for others: without its events, which take ten times as much as their bytes. */
export interface KeptCommit extends Pick<GroupCommit, 'lane' | 'seq' | 'bytes' | 'erased'> {
  readonly commit: Pick<Commit, 'time' | 'traceparent'>
}

/** With bytes of its own: those of the bus are part of a larger piece. `Buffer.from` takes them from a pool; a buffer for each commit costs the collector more than the commit. */
export const keptCommit = ({ lane, seq, bytes, erased, commit: { time, traceparent } }: GroupCommit): KeptCommit => ({
  ...{ lane, seq, bytes: Buffer.from(bytes), erased },
  commit: time ? { time, traceparent } : { traceparent },
})

/** A live one, which says the previous sequence of the lane as well. */
export interface CopiedCommit extends GroupCommit {
  readonly prevSeq: number
}

export const copiedCommit = ({ groupId, lane, seq, prevSeq, bytes }: CommitCopy): CopiedCommit => ({
  ...{ groupId, lane, seq, prevSeq },
  ...forClients(fromBinary(CommitSchema, bytes), bytes),
})

export function storedCommit({ subject, seq, commit, bytes }: StoredCommit): GroupCommit | undefined {
  const position = parseHistorySubject(subject)
  return position && { groupId: position.groupId, lane: position.lane, seq, ...forClients(commit, bytes) }
}

/**
 * What is not for every member (notes to admins, reasons of bans, hashes) is emptied, live and in replays, also in commits of earlier
 * releases: the contract marks the fields (`audience`). A redaction carries what is left of an erased commit, whose position may be before a member joined who must not see it. So clients do
 * not get it (ADR 9); the commit itself stays, because the lane's sequence needs it.
 */
function forClients(commit: Commit, bytes: Uint8Array): Pick<GroupCommit, 'commit' | 'bytes' | 'erased'> {
  const erased = commit.events.flatMap(({ body }) => (body.case === 'commitRedacted' ? [Number(body.value.seq)] : []))
  if (erased.length === 0 && commit.events.every((event) => shownToMembers(event) === event)) {
    return { commit, bytes, erased }
  }
  const events = commit.events.filter(({ body }) => body.case !== 'commitRedacted').map(shownToMembers)
  const shown = { ...commit, events }
  return { commit: shown, bytes: toBinary(CommitSchema, shown), erased }
}
