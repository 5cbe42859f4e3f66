import { Refusal } from '@beseda/kernel'
import { type Call, CallSchema } from '@beseda/proto/call/v1/call_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { SignedInUser } from '@beseda/rpc'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { type CallSession, type Device, type Recording } from '../../domain/session.js'

/** A session as the contract shows it. `now`: Unix ms, by the clock of calls. */
export const callOf = (session: CallSession, now: number): Call =>
  create(CallSchema, {
    id: session.id,
    groupId: session.groupId,
    state: session.state,
    callerId: session.callerId,
    video: session.video,
    startedAt: timestampFromMs(session.startedAt),
    ringExpiresAt: timestampFromMs(session.ringExpiresAt),
    ...(session.answeredAt > 0 ? { answeredAt: timestampFromMs(session.answeredAt) } : {}),
    participants: session.participants.map(participantOf),
    away: session.away.map(participantOf),
    invitees: session.invitees.map(({ userId, state, deviceId }) => ({ userId, state, answeredByDeviceId: deviceId })),
    revision: session.revision,
    endReason: session.endReason,
    limit: session.limits.most,
    sentAt: timestampFromMs(now),
    room: session.room,
    ...(session.recording ? { recording: recordingOf(session.recording) } : {}),
    ...(session.sfu ? { sfu: { generation: session.sfu.generation } } : {}),
  })

const recordingOf = ({ id, userId, deviceId, startedAt, soundOnly, paused, agreed, refused }: Recording) => ({
  id,
  userId,
  deviceId,
  startedAt: timestampFromMs(startedAt),
  soundOnly,
  paused,
  agreedUserIds: [...agreed],
  refusedUserIds: [...refused],
})

const participantOf = ({ userId, deviceId, joinedAt }: Device & { readonly joinedAt: number }) => ({
  userId,
  deviceId,
  joinedAt: timestampFromMs(joinedAt),
})

/** A device that may signal; when it joined is of no use to a gateway. */
export const signallingDeviceOf = ({ userId, deviceId }: Device) => ({
  userId,
  deviceId,
  joinedAt: timestampFromMs(0),
})

/** Errors: UNAUTHENTICATED for a caller without a device, such as a bot. */
export function deviceOf({ userId, deviceId }: SignedInUser): Device {
  if (!deviceId) throw new Refusal(ErrorReason.UNAUTHENTICATED)
  return { userId, deviceId }
}
