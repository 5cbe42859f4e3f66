import { userSubject } from '@beseda/proto'
import { type UserEvent, UserEventSchema } from '@beseda/proto/gateway/v1/frames'
import { create, toBinary } from '@bufbuild/protobuf'
import type { Publisher } from './ports.js'

/** Tells all devices of a person that are connected now. */
export const tellPerson = (publisher: Publisher, userId: string, event: UserEvent['event']): void =>
  publisher.publish(userSubject(userId), toBinary(UserEventSchema, create(UserEventSchema, { event })))
