import { callSubject, userSubject } from '@beseda/proto'
import { CallChangedSchema } from '@beseda/proto/call/v1/call_service'
import { UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { create, toBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import type { CallNotices, Clock } from '../../application/ports.js'
import { callOf } from '../rpc/mapping.js'

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
})
