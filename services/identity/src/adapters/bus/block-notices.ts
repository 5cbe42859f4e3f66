import { userSubject } from '@beseda/proto'
import { UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { create, toBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import { BlockNotices } from '../../application/blocks/blocks.js'

/** Publishes to the gateways, which pass it on to the person's devices. A device that is not connected asks for the list when it connects. */
export class BusBlockNotices extends BlockNotices {
  constructor(private readonly nats: Pick<NatsConnection, 'publish'>) {
    super()
  }

  changed(userId: string, otherId: string, blocked: boolean): void {
    const event = create(UserEventSchema, { event: { case: 'block', value: { userId: otherId, blocked } } })
    this.nats.publish(userSubject(userId), toBinary(UserEventSchema, event))
  }
}
