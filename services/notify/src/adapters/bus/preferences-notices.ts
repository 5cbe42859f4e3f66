import { userSubject } from '@beseda/proto'
import { type UserEvent, UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { CallRemindedSchema } from '@beseda/proto/notify/v1/notify_service'
import { create, toBinary } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { NatsConnection } from '@nats-io/nats-core'
import type { ArrangementNotices, PreferencesNotices } from '../../application/ports.js'
import type { ReminderNotices } from '../../application/reminder-ports.js'
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

export const busReminderNotices = (nats: NatsConnection): ReminderNotices => ({
  reminded: (userId, { startsAt, ...call }) =>
    tell(nats, userId, {
      case: 'callReminded',
      value: create(CallRemindedSchema, { ...call, startsAt: timestampFromMs(startsAt) }),
    }),
})

function tell(nats: NatsConnection, userId: string, event: UserEvent['event']): void {
  nats.publish(userSubject(userId), toBinary(UserEventSchema, create(UserEventSchema, { event })))
}
