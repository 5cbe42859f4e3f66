import { userSubject } from '@beseda/proto'
import { type UserEvent, UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { create, toBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import type { ArrangementNotices, PreferencesNotices } from '../../application/ports.js'
import { arrangementMessage, settingsOf } from '../rpc/mapping.js'

/** Notices by the bus; gateways pass them on. */
export const busPreferencesNotices = (nats: NatsConnection): PreferencesNotices => ({
  changed: (userId, preferences) =>
    tell(nats, userId, { case: 'notificationSettings', value: settingsOf(preferences) }),
})

export const busArrangementNotices = (nats: NatsConnection): ArrangementNotices => ({
  changed: (userId, arrangement) =>
    tell(nats, userId, { case: 'listArrangement', value: arrangementMessage(arrangement) }),
})

function tell(nats: NatsConnection, userId: string, event: UserEvent['event']): void {
  nats.publish(userSubject(userId), toBinary(UserEventSchema, create(UserEventSchema, { event })))
}
