import type { StoredCommit } from '@beseda/event-log'
import { type LaneName, parseHistorySubject } from '@beseda/proto'
import { type Commit, CommitSchema } from '@beseda/proto/log/v1/commit'
import { clone, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Msg } from '@nats-io/nats-core'

/** A commit on its way to sockets: from the bus or from the log. */
export interface GroupCommit {
  readonly groupId: string
  readonly lane: LaneName
  readonly seq: number
  readonly commit: Commit
  /** As stored, but for what is the services' own. */
  readonly bytes: Uint8Array
  /** Sequences of commits that this one says were erased. */
  readonly erased: readonly number[]
}

/** The copy that the stream has published to the bus, with the lane's sequence before it. */
export function copyOf({ subject, headers, data }: Msg): (GroupCommit & { readonly prevSeq: number }) | undefined {
  const place = parseHistorySubject(subject)
  const seq = Number(headers?.get('Nats-Sequence'))
  if (!place || !(seq > 0)) return undefined
  const prevSeq = Number(headers?.get('Nats-Last-Sequence') || 0)
  return { groupId: place.groupId, lane: place.lane, seq, prevSeq, ...forClients(fromBinary(CommitSchema, data), data) }
}

export function storedCommit({ subject, seq, commit, bytes }: StoredCommit): GroupCommit | undefined {
  const place = parseHistorySubject(subject)
  return place && { groupId: place.groupId, lane: place.lane, seq, ...forClients(commit, bytes) }
}

/**
 * What an erasure has kept stands at other places of the history, perhaps before somebody came who may not see it: it is
 * taken out (ADR 9). The commit itself stays, for its place in the lane.
 */
function forClients(commit: Commit, bytes: Uint8Array): Pick<GroupCommit, 'commit' | 'bytes' | 'erased'> {
  const erased = commit.events.flatMap(({ body }) => (body.case === 'commitRedacted' ? [Number(body.value.seq)] : []))
  if (erased.length === 0) return { commit, bytes, erased }
  const shown = clone(CommitSchema, commit)
  shown.events = shown.events.filter(({ body }) => body.case !== 'commitRedacted')
  return { commit: shown, bytes: toBinary(CommitSchema, shown), erased }
}
