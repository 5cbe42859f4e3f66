import type { StoredCommit } from '@beseda/event-log'
import { type LaneName, parseHistorySubject } from '@beseda/proto'
import { type Commit, CommitSchema } from '@beseda/proto/log/v1/commit'
import { shownToMembers } from '@beseda/rules'
import { fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Msg } from '@nats-io/nats-core'

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

/** From the bus, which says the previous sequence of the lane as well. */
export interface CopiedCommit extends GroupCommit {
  readonly prevSeq: number
}

/** Decodes the copy that a stream has published to the bus. Undefined: a message of another kind. */
export function copiedCommit({ subject, headers, data }: Msg): CopiedCommit | undefined {
  const position = parseHistorySubject(subject)
  const seq = Number(headers?.get('Nats-Sequence'))
  if (!position || !(seq > 0)) return undefined
  const { groupId, lane } = position
  const prevSeq = Number(headers?.get('Nats-Last-Sequence') || 0)
  return { groupId, lane, seq, prevSeq, ...forClients(fromBinary(CommitSchema, data), data) }
}

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
