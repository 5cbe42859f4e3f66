import { callSubject, mediaKeysSubject, userSubject } from '@beseda/proto'
import { CallChangedSchema, MediaKeyCommitSchema } from '@beseda/proto/call/v1/call_service'
import { UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { create, toBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import type { CallNotices, Clock } from '../../application/ports.js'
import { callOf } from '../rpc/mapping.js'

/**
 * Longest commit that is told, bytes: the notice goes to every device, so one commit is as many messages. An external commit into a group of 50 has
 * 3.4 KB. A longer one is fetched by each device.
 */
const MAX_TOLD_COMMIT = 16 * 1024
const NOTHING = new Uint8Array()

/** Notices by the bus; gateways pass them on. */
export const busCallNotices = (nats: NatsConnection, clock: Clock): CallNotices => ({
  changed(session) {
    const notice = create(CallChangedSchema, { call: callOf(session, clock.now()) })
    nats.publish(callSubject(session.groupId), toBinary(CallChangedSchema, notice))
  },
  muteRequested({ id: callId, groupId }, userId, byUserId) {
    const event = create(UserEventSchema, { event: { case: 'muteRequested', value: { groupId, callId, byUserId } } })
    nats.publish(userSubject(userId), toBinary(UserEventSchema, event))
  },
  keysCommitted({ id: callId, groupId, participants }, { generation, epoch, commit }) {
    const told = commit.length > MAX_TOLD_COMMIT ? NOTHING : commit
    const step = create(MediaKeyCommitSchema, { groupId, callId, generation, epoch, commit: told })
    const bytes = toBinary(MediaKeyCommitSchema, step)
    for (const { userId, deviceId } of participants) nats.publish(mediaKeysSubject(userId, deviceId), bytes)
  },
})
