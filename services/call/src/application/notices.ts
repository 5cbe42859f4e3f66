import { callSubject, userSubject } from '@beseda/proto'
import { CallChangedSchema } from '@beseda/proto/call/v1/call_service'
import { UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { create, toBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import type { CallSession } from '../domain/session.js'
import { callOf } from './messages.js'

/** Tells devices how a call stands now. */
export class CallNotices {
  constructor(private readonly nats: NatsConnection) {}

  /** All connected members of the group. */
  changed(session: CallSession): void {
    const notice = create(CallChangedSchema, { call: callOf(session) })
    this.nats.publish(callSubject(session.groupId), toBinary(CallChangedSchema, notice))
  }

  /** All devices of one person. */
  muteRequested({ id: callId, groupId }: CallSession, userId: string, byUserId: string): void {
    const event = create(UserEventSchema, { event: { case: 'muteRequested', value: { groupId, callId, byUserId } } })
    this.nats.publish(userSubject(userId), toBinary(UserEventSchema, event))
  }
}
