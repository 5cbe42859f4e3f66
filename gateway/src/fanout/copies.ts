import type { StoredCommit } from '@beseda/event-log'
import { type LaneName, parseHistorySubject } from '@beseda/proto'
import { type Commit, CommitSchema } from '@beseda/proto/log/v1/commit'
import { fromBinary } from '@bufbuild/protobuf'
import type { Msg } from '@nats-io/nats-core'

/** A commit on its way to sockets: from the bus or from the log. */
export interface GroupCommit {
  readonly groupId: string
  readonly lane: LaneName
  readonly seq: number
  readonly commit: Commit
  /** As stored. */
  readonly bytes: Uint8Array
}

/** The copy that the stream has published to the bus, with the lane's sequence before it. */
export function copyOf({ subject, headers, data }: Msg): (GroupCommit & { readonly prevSeq: number }) | undefined {
  const place = parseHistorySubject(subject)
  const seq = Number(headers?.get('Nats-Sequence'))
  if (!place || !(seq > 0)) return undefined
  const prevSeq = Number(headers?.get('Nats-Last-Sequence') || 0)
  return { groupId: place.groupId, lane: place.lane, seq, prevSeq, commit: fromBinary(CommitSchema, data), bytes: data }
}

export function storedCommit({ subject, seq, commit, bytes }: StoredCommit): GroupCommit | undefined {
  const place = parseHistorySubject(subject)
  return place && { groupId: place.groupId, lane: place.lane, seq, commit, bytes }
}
