import { profileSubject } from '@beseda/proto'
import { ProfileChangedSchema } from '@beseda/proto/gateway/v1/frames'
import { UserSchema } from '@beseda/proto/identity/v1/identity_service'
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import { type AccountRecord, ProfileNotices } from '../../application/accounts/ports.js'
import { userOf } from '../rpc/mapping.js'

/** Publishes changed profiles to the gateways, which send them to those who watch the person. */
export class BusProfileNotices extends ProfileNotices {
  constructor(private readonly nats: Pick<NatsConnection, 'publish'>) {
    super()
  }

  changed(account: AccountRecord): void {
    this.#publish(userOf(account))
  }

  gone(userId: string): void {
    this.#publish({ id: userId, deleted: true })
  }

  #publish(user: MessageInitShape<typeof UserSchema> & { readonly id: string }): void {
    const notice = create(ProfileChangedSchema, { user: create(UserSchema, user) })
    this.nats.publish(profileSubject(user.id), toBinary(ProfileChangedSchema, notice))
  }
}
