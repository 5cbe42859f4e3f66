import {
  CallEndedSchema,
  type CallEndReason,
  CallJoinedSchema,
  CallLeftSchema,
  CallMissedSchema,
  CallRecordingEndedSchema,
  CallRecordingStartedSchema,
  CallStartedSchema,
} from '@beseda/proto/call/v1/events'
import type { Event } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import type { CallSession, Recording } from './session.js'

export type EventBody = Event['body']

export const started = ({ id, callerId, video, invitees, room }: CallSession): EventBody => ({
  case: 'callStarted',
  value: create(CallStartedSchema, {
    callId: id,
    callerId,
    video,
    inviteeIds: invitees.map(({ userId }) => userId),
    room,
  }),
})

export const joined = ({ id }: CallSession, userId: string): EventBody => ({
  case: 'callJoined',
  value: create(CallJoinedSchema, { callId: id, userId }),
})

export const left = ({ id }: CallSession, userId: string): EventBody => ({
  case: 'callLeft',
  value: create(CallLeftSchema, { callId: id, userId }),
})

export const missed = ({ id }: CallSession, userIds: readonly string[]): EventBody => ({
  case: 'callMissed',
  value: create(CallMissedSchema, { callId: id, userIds: [...userIds] }),
})

export const recordingStarted = ({ id: callId, room }: CallSession, recording: Recording): EventBody => ({
  case: 'callRecordingStarted',
  value: create(CallRecordingStartedSchema, {
    callId,
    recordingId: recording.id,
    userId: recording.userId,
    soundOnly: recording.soundOnly,
    room,
  }),
})

export const recordingEnded = ({ id: callId }: CallSession, { id: recordingId }: Recording): EventBody => ({
  case: 'callRecordingEnded',
  value: create(CallRecordingEndedSchema, { callId, recordingId }),
})

/** `durationS`: from the first answer to `now`, at least 1; 0: never answered. */
export const ended = ({ id, answeredAt }: CallSession, reason: CallEndReason, now: number): EventBody => ({
  case: 'callEnded',
  value: create(CallEndedSchema, {
    callId: id,
    reason,
    durationS: answeredAt > 0 ? Math.max(1, Math.round((now - answeredAt) / 1000)) : 0,
  }),
})
