import { type Call, CallState, InviteeState } from '@beseda/proto/call/v1/call_service'
import type { GroupKind } from '@beseda/proto/group/v1/events'
import { type DailyHours, type GroupPreference, mayNotify } from '@beseda/rules'
import { timestampMs } from '@bufbuild/protobuf/wkt'

/** What a call means for an invitee. */
export type Ringing =
  /** Their devices ring until then (Unix ms). */
  | { readonly kind: 'rings'; readonly until: number }
  /** They stop: the call was answered, declined or given up, or ringing has run out. */
  | { readonly kind: 'over'; readonly missed: boolean }

/** What a call means for each invitee now; busy ones are left out. */
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

/** Whether a person's devices ring. A call counts as a mention: it is meant for the person. */
export function mayRing(
  group: { readonly kind: GroupKind; readonly archived: boolean },
  person: {
    readonly preference: GroupPreference
    readonly quietHours: DailyHours | undefined
    readonly hasBlockedCaller: boolean
    readonly doNotDisturb: boolean
  },
  now: number,
): boolean {
  if (group.archived || person.hasBlockedCaller) return false
  const { preference, quietHours, doNotDisturb } = person
  return mayNotify({ kind: group.kind, preference, mentioned: true, inThread: false, quietHours, doNotDisturb, now })
}
