import type { StoredCommit } from '@beseda/event-log'
import { parseHistorySubject } from '@beseda/proto'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { Placed } from './placed.js'

/** The events of a commit, each at its place. Empty for a subject that is no group's. */
export function placedIn({ stream, subject, seq, commit }: StoredCommit): Placed[] {
  const found = parseHistorySubject(subject)
  if (!found) return []
  const at = commit.time ? timestampMs(commit.time) : 0
  const common = { groupId: found.groupId, lane: found.lane, at, traceparent: commit.traceparent }
  return commit.events.map((event, index) => ({ ...common, place: { stream, seq, index }, event }))
}

/** An event that a redaction has kept, at the place that it had first; undefined: the redaction holds no such event. */
export function keptIn(redaction: StoredCommit, seq: number, index: number): Placed | undefined {
  for (const placed of placedIn(redaction)) {
    const { body } = placed.event
    if (body.case !== 'commitRedacted') continue
    const kept = body.value.kept.find((one) => Number(one.seq) === seq && one.index === index)
    if (!kept?.event) continue
    const at = kept.time ? timestampMs(kept.time) : placed.at
    // The trace is that of the erasure, not of the command that the event came from.
    return { ...placed, place: { ...placed.place, seq, index }, at, traceparent: '', event: kept.event }
  }
  return undefined
}
