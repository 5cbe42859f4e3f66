import { userSubject } from '@beseda/proto'
import { UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { create, toBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import type { PreferencesNotices } from '../../application/ports.js'
import { settingsOf } from '../rpc/mapping.js'

/** Notices by the bus; gateways pass them on. */
export const busPreferencesNotices = (nats: NatsConnection): PreferencesNotices => ({
  changed(userId, preferences) {
    const event = create(UserEventSchema, { event: { case: 'notificationSettings', value: settingsOf(preferences) } })
    nats.publish(userSubject(userId), toBinary(UserEventSchema, event))
  },
})
