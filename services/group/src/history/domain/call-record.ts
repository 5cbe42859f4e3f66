import type { CallEndReason } from '@beseda/proto/call/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'

/** A call as the history of its group tells it; undefined: no such call. */
export type CallRecord =
  | {
      readonly callId: string
      /** Sequence of the commit with which it started. */
      readonly seq: number
      /** Unix ms. */
      readonly startedAt: number
      readonly callerId: string
      readonly video: boolean
      /** Of people in the voice room, whose record begins with their first recording. */
      readonly room: boolean
      /** Unix ms; 0: not ended. */
      readonly endedAt: number
      readonly reason: CallEndReason
      readonly durationS: number
      /** People who were called and did not answer. */
      readonly missedUserIds: readonly string[]
      /** People who have recorded it, each once, in the order in which they began. */
      readonly recordedByUserIds: readonly string[]
    }
  | undefined

/** A call event at its place in the log. `at`: Unix ms. */
export interface CallEvent {
  readonly seq: number
  readonly at: number
  readonly body: Event['body']
}

/** What one event changes of a call's record; the fold and the view both apply it. */
export type CallChange = { readonly callId: string } & (
  | {
      readonly type: 'started'
      readonly seq: number
      readonly startedAt: number
      readonly callerId: string
      readonly video: boolean
    }
  | { readonly type: 'missed'; readonly userIds: readonly string[] }
  | {
      readonly type: 'recorded'
      readonly userId: string
      /** Of the recording. */
      readonly seq: number
      readonly at: number
      readonly room: boolean
    }
  | { readonly type: 'ended'; readonly endedAt: number; readonly reason: CallEndReason; readonly durationS: number }
)

export function callChangesOf({ seq, at, body }: CallEvent): readonly CallChange[] {
  switch (body.case) {
    case 'callStarted': {
      const { callId, callerId, video, room } = body.value
      // Who comes to a voice room and goes is no news of the conversation.
      if (room) return []
      return [{ type: 'started', callId, seq, startedAt: at, callerId, video }]
    }
    case 'callMissed':
      return [{ type: 'missed', callId: body.value.callId, userIds: body.value.userIds }]
    case 'callRecordingStarted': {
      const { callId, userId, room } = body.value
      return [{ type: 'recorded', callId, userId, seq, at, room }]
    }
    case 'callEnded': {
      const { callId, reason, durationS } = body.value
      return [{ type: 'ended', callId, endedAt: at, reason, durationS }]
    }
    default:
      return []
  }
}

const OPEN = { endedAt: 0, reason: 0, durationS: 0, missedUserIds: [], recordedByUserIds: [] } as const

/** A call starts once; its end can be told again, and the newest counts. */
export function applyCallChange(record: CallRecord, change: CallChange): CallRecord {
  if (change.type === 'started') {
    const { callId, seq, startedAt, callerId, video } = change
    return record ?? { callId, seq, startedAt, callerId, video, room: false, ...OPEN }
  }
  if (!record && change.type === 'recorded' && change.room) {
    const { callId, seq, at: startedAt, userId } = change
    const begun = { callId, seq, startedAt, callerId: userId, video: false, room: true }
    return { ...begun, ...OPEN, recordedByUserIds: [userId] }
  }
  if (!record) return undefined
  if (change.type === 'missed') return { ...record, missedUserIds: [...record.missedUserIds, ...change.userIds] }
  if (change.type === 'recorded') {
    return { ...record, recordedByUserIds: [...new Set([...record.recordedByUserIds, change.userId])] }
  }
  const { endedAt, reason, durationS } = change
  return { ...record, endedAt, reason, durationS }
}

/** The fold of one call's events. */
export const callRecordFold = {
  initialState: undefined as CallRecord,
  evolve: (record: CallRecord, event: CallEvent): CallRecord => callChangesOf(event).reduce(applyCallChange, record),
}
