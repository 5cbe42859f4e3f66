import { type Call, CallState, InviteeState } from '@beseda/proto/call/v1/call_service'
import type { GroupKind } from '@beseda/proto/group/v1/events'
import { type DailyHours, type GroupWish, isTold } from '@beseda/rules'
import { timestampMs } from '@bufbuild/protobuf/wkt'

/** What a call means for somebody who was invited to it. */
export type Ringing =
  /** Their devices ring until then (Unix ms). */
  | { readonly kind: 'rings'; readonly until: number }
  /** They ring no more: answered, declined, given up, run out. */
  | { readonly kind: 'over'; readonly missed: boolean }

/** How a call stands for each of the invited. */
export function ringingOf(call: Call, now: number): ReadonlyMap<string, Ringing> {
  const until = call.ringExpiresAt ? timestampMs(call.ringExpiresAt) : 0
  const live = call.state !== CallState.ENDED && until > now
  return new Map(
    call.invitees
      .filter(({ state }) => state !== InviteeState.BUSY && state !== InviteeState.UNSPECIFIED)
      .map(({ userId, state }): [string, Ringing] => {
        if (state === InviteeState.RINGING && live) return [userId, { kind: 'rings', until }]
        return [userId, { kind: 'over', missed: state === InviteeState.MISSED || state === InviteeState.RINGING }]
      }),
  )
}

/** Whether a person's devices ring: a call is for the person, so it counts as a mention; who wants no disturbance has none. */
export function mayRing(
  group: { readonly kind: GroupKind; readonly archived: boolean },
  person: {
    readonly wish: GroupWish
    readonly quietHours: DailyHours | undefined
    readonly hasBlockedCaller: boolean
    readonly doNotDisturb: boolean
  },
  now: number,
): boolean {
  if (group.archived || person.hasBlockedCaller) return false
  const { wish, quietHours, doNotDisturb } = person
  return isTold({ kind: group.kind, wish, mentioned: true, inThread: false, quietHours, doNotDisturb, now })
}
