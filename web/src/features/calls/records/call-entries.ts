import { CallEndReason } from '@beseda/proto/call/v1/events'
import type { CallRecord } from '@beseda/proto/history/v1/history_service'
import type { Event } from '@beseda/proto/log/v1/commit'
import { msOf } from '../../../sync/model/convert.js'
import type { LaneCommit } from '../../../sync/model/fold.js'

/** A call as the conversation shows it. Times in Unix ms; 0: not yet. */
export interface CallEntry {
  readonly id: string
  readonly seq: number
  readonly startedAt: number
  readonly callerId: string
  readonly video: boolean
  /** Of the voice room: it begins with the first recording, and without one there is none. */
  readonly room: boolean
  readonly endedAt: number
  readonly reason: CallEndReason
  readonly durationS: number
  readonly missedUserIds: readonly string[]
  /** People who have recorded it, each once. */
  readonly recordedByUserIds: readonly string[]
}

export const entryOf = (record: CallRecord): CallEntry => ({
  id: record.callId,
  seq: Number(record.seq),
  startedAt: msOf(record.startedAt),
  callerId: record.callerId,
  video: record.video,
  room: record.room,
  endedAt: msOf(record.endedAt),
  reason: record.reason,
  durationS: record.durationS,
  missedUserIds: record.missedUserIds,
  recordedByUserIds: record.recordedByUserIds,
})

const once = (some: readonly string[], others: readonly string[]) => [...new Set([...some, ...others])]

const OPEN = {
  endedAt: 0,
  durationS: 0,
  missedUserIds: [],
  recordedByUserIds: [],
  reason: CallEndReason.UNSPECIFIED,
} as const

/** The entries after an event of lane `calls`. Law: folding events onto a fetched list equals a fresh fetch. */
export function afterEvent(
  entries: readonly CallEntry[],
  { body }: Pick<Event, 'body'>,
  at: number,
  seq: number,
): readonly CallEntry[] {
  const change = (id: string, make: (entry: CallEntry) => CallEntry) =>
    entries.map((entry) => (entry.id === id ? make(entry) : entry))
  switch (body.case) {
    case 'callStarted': {
      const { callId: id, callerId, video, room } = body.value
      if (room || entries.some((entry) => entry.id === id)) return entries
      return [...entries, { id, seq, startedAt: at, callerId, video, room, ...OPEN }]
    }
    case 'callMissed': {
      const { callId, userIds } = body.value
      return change(callId, (entry) => ({
        ...entry,
        missedUserIds: once(entry.missedUserIds, userIds),
      }))
    }
    case 'callRecordingStarted': {
      const { callId: id, userId, room } = body.value
      if (room && !entries.some((entry) => entry.id === id)) {
        const begun = { id, seq, startedAt: at, callerId: userId, video: false, room }
        return [...entries, { ...begun, ...OPEN, recordedByUserIds: [userId] }]
      }
      return change(id, (entry) => ({ ...entry, recordedByUserIds: once(entry.recordedByUserIds, [userId]) }))
    }
    case 'callEnded': {
      const { callId, reason, durationS } = body.value
      return change(callId, (entry) => ({ ...entry, endedAt: at, reason, durationS }))
    }
    default:
      return entries
  }
}

/** The entries after a commit of lane `calls`. */
export const afterCommit = (entries: readonly CallEntry[], { seq, commit }: LaneCommit): readonly CallEntry[] =>
  commit.events.reduce((all, event) => afterEvent(all, event, msOf(commit.time), seq), entries)

/** One call from two sources: it has ended if it ended in one of them, and it was missed, or recorded, by everybody who did so in one of them. */
function both(one: CallEntry, other: CallEntry): CallEntry {
  const newer = other.endedAt > 0 ? other : one
  return {
    ...newer,
    missedUserIds: once(one.missedUserIds, other.missedUserIds),
    recordedByUserIds: once(one.recordedByUserIds, other.recordedByUserIds),
  }
}

/** Joins pages: in order, each call once, with everything known of it. */
export function merged(page: readonly CallEntry[], present: readonly CallEntry[]): readonly CallEntry[] {
  const byId = new Map<string, CallEntry>()
  for (const entry of [...page, ...present]) {
    const known = byId.get(entry.id)
    byId.set(entry.id, known ? both(known, entry) : entry)
  }
  return [...byId.values()].sort((a, b) => a.seq - b.seq)
}

export type EntryLook = 'going' | 'ended' | 'missed' | 'declined' | 'cancelled' | 'unanswered'

/** The outcome of a call for this person. */
export function lookOf(entry: CallEntry, me: string): EntryLook {
  if (entry.endedAt === 0) return 'going'
  if (entry.missedUserIds.includes(me)) return 'missed'
  if (entry.durationS > 0) return 'ended'
  if (entry.reason === CallEndReason.DECLINED) return 'declined'
  return entry.reason === CallEndReason.CANCELLED ? 'cancelled' : 'unanswered'
}
