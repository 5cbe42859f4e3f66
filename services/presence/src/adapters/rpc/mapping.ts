import { type Presence, PresenceSchema, Status } from '@beseda/proto/presence/v1/presence_service'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import type { SeenPresence } from '../../application/presence-queries.js'

/** A presence as the contract shows it: an invisible person has no "last seen". */
export function presenceOf({ userId, person, status, chosen }: SeenPresence): Presence {
  const isHidden = person === undefined || person.lastSeenAt === 0 || person.choice === Status.INVISIBLE
  return create(PresenceSchema, {
    userId,
    status,
    chosen,
    ...(isHidden ? {} : { lastSeenAt: timestampFromMs(person.lastSeenAt) }),
  })
}
