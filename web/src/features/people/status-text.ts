import type { User } from '@beseda/proto/identity/v1/identity_service'
import { timestampMs } from '@bufbuild/protobuf/wkt'

/** What a person says of themselves, until it ends. `now`: Unix ms. */
export function statusTextOf(user: Pick<User, 'statusText' | 'statusUntil'> | undefined, now: number): string {
  const until = user?.statusUntil ? timestampMs(user.statusUntil) : Number.POSITIVE_INFINITY
  return until > now ? (user?.statusText ?? '') : ''
}
