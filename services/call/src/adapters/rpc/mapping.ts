import { type Call, CallSchema } from '@beseda/proto/call/v1/call_service'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { CALL_LIMIT, type CallSession, type Device } from '../../domain/session.js'

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
    limit: CALL_LIMIT,
    sentAt: timestampFromMs(now),
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
