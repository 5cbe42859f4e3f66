import { userSubject } from '@beseda/proto'
import { CallState } from '@beseda/proto/call/v1/call_service'
import { UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { create, toBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import type { CallSession } from '../domain/call.js'
import { callOf } from './messages.js'

/** Tells all devices of both people how the call stands now. */
export class CallNotices {
  constructor(private readonly nats: NatsConnection) {}

  changed(session: CallSession): void {
    for (const userId of [session.callerId, session.calleeId]) {
      const value = {
        call: callOf(session),
        ringing: session.state === CallState.RINGING && userId === session.calleeId,
        answeredByDeviceId: userId === session.calleeId ? session.answeredBy : '',
      }
      const event = create(UserEventSchema, { event: { case: 'callChanged', value } })
      this.nats.publish(userSubject(userId), toBinary(UserEventSchema, event))
    }
  }
}
