import { sessionEndedSubject } from '@beseda/proto'
import { SessionsEndedSchema } from '@beseda/proto/identity/v1/identity_service'
import { create, toBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import type { SessionNotices } from '../../application/sessions/ports.js'

/** Publishes ended sessions to the gateways, which also compare by themselves: a notice may be lost. */
export class BusSessionNotices implements SessionNotices {
  constructor(private readonly nats: Pick<NatsConnection, 'publish'>) {}

  ended(userId: string, sessionIds: readonly string[], deviceIds: readonly string[]): void {
    const notice = create(SessionsEndedSchema, { sessionIds: [...sessionIds], deviceIds: [...deviceIds] })
    this.nats.publish(sessionEndedSubject(userId), toBinary(SessionsEndedSchema, notice))
  }
}
