import type { HeldKey } from '@beseda/client-protocol/device-keys'
import { RefusalReason } from '@beseda/proto/gateway/v1/frames'
import type { Distrust } from '../../../../keys/key-book.js'

/** Why a description was refused. */
export type RefusedFor = Distrust | 'unsigned'

/** Two devices are not connected because one of them does not believe the other's description. */
export interface Refusal {
  /** `here`: this device refused theirs. `there`: they refused ours, as they say. */
  readonly where: 'here' | 'there'
  readonly why: RefusedFor
  /** The key that was refused, which the person here may accept. */
  readonly key?: HeldKey
}

const REASONS: Readonly<Record<RefusedFor, RefusalReason>> = {
  unsigned: RefusalReason.UNSIGNED,
  forged: RefusalReason.FORGED,
  noKey: RefusalReason.NO_KEY,
  keyChanged: RefusalReason.KEY_CHANGED,
}

export const reasonFor = (why: RefusedFor): RefusalReason => REASONS[why]

/** An unknown reason of a newer client is told as the gravest. */
export const whyOf = (reason: RefusalReason): RefusedFor =>
  (Object.keys(REASONS) as RefusedFor[]).find((why) => REASONS[why] === reason) ?? 'forged'
