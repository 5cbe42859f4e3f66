import { type Call, CallSchema } from '@beseda/proto/call/v1/call_service'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { CallSession } from '../domain/call.js'

/** The session as the contract shows it. */
export const callOf = (session: CallSession): Call =>
  create(CallSchema, {
    id: session.id,
    groupId: session.groupId,
    state: session.state,
    callerId: session.callerId,
    video: session.video,
    startedAt: timestampFromMs(session.startedAt),
    ringExpiresAt: timestampFromMs(session.ringExpiresAt),
    ...(session.answeredAt > 0 ? { answeredAt: timestampFromMs(session.answeredAt) } : {}),
    participants: session.participants.map(({ userId, deviceId, joinedAt }) => ({
      userId,
      deviceId,
      joinedAt: timestampFromMs(joinedAt),
    })),
    revision: session.revision,
    endReason: session.endReason,
  })
