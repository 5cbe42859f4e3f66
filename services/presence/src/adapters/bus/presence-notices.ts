import { presenceSubject } from '@beseda/proto'
import { PresenceSchema, Status } from '@beseda/proto/presence/v1/presence_service'
import { toBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import type { PresenceNotices } from '../../application/ports.js'
import { presenceOf } from '../rpc/mapping.js'

/** Notices by the bus; gateways pass them on. */
export const busPresenceNotices = (nats: NatsConnection): PresenceNotices => ({
  changed(userId, person) {
    const message = presenceOf({ userId, person, status: person.shown, chosen: Status.UNSPECIFIED })
    nats.publish(presenceSubject(userId), toBinary(PresenceSchema, message))
  },
})
