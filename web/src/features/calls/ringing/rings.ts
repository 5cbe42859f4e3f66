import { type Call, CallState, type Invitee, InviteeState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Over } from '../engine/session.js'

const inviteeOf = (call: Call, me: string): Invitee | undefined => call.invitees.find(({ userId }) => userId === me)

/** Whether a call rings for this person. */
export const ringsFor = (call: Call, me: string): boolean =>
  call.state !== CallState.ENDED && inviteeOf(call, me)?.state === InviteeState.RINGING

const ENDINGS: Record<CallEndReason, string> = {
  [CallEndReason.UNSPECIFIED]: 'calls.endedHangUp',
  [CallEndReason.HANG_UP]: 'calls.endedHangUp',
  [CallEndReason.DECLINED]: 'calls.endedDeclined',
  [CallEndReason.CANCELLED]: 'calls.endedCancelled',
  [CallEndReason.MISSED]: 'calls.endedMissed',
  [CallEndReason.BUSY]: 'calls.endedBusy',
  [CallEndReason.LOST]: 'calls.endedLost',
}

/** The sentence for a call that is over. */
export const endingOf = (reason: CallEndReason): string => ENDINGS[reason] ?? 'calls.endedHangUp'

/** Why a window is no longer in its call. */
export type Parting = Over | { readonly why: 'window' }

const PARTINGS = { elsewhere: 'calls.movedAway', window: 'calls.tookOver', removed: 'calls.removed' } as const

/** The sentence for it. */
export function farewellOf(parting: Parting): string {
  if (parting.why === 'ended') return endingOf(parting.reason)
  return parting.why === 'refused' ? `errors.${ErrorReason[parting.reason]}` : PARTINGS[parting.why]
}

/** Says that another device answered a ringing call; undefined when it stopped for another reason. */
export function ringEnd(call: Call, me: string, myDevice: string): string | undefined {
  const mine = inviteeOf(call, me)
  const elsewhere = mine?.answeredByDeviceId !== '' && mine?.answeredByDeviceId !== myDevice
  if (mine?.state === InviteeState.JOINED) return elsewhere ? 'calls.elsewhere' : undefined
  if (mine?.state === InviteeState.DECLINED) return elsewhere ? 'calls.declinedElsewhere' : undefined
  return mine?.state === InviteeState.MISSED ? 'calls.missed' : undefined
}

export type Participation = 'here' | 'elsewhere' | 'none'

/** Where this person takes part in a call. */
export function participationOf(call: Call, me: string, myDevice: string): Participation {
  const mine = [...call.participants, ...call.away].find(({ userId }) => userId === me)
  if (!mine) return 'none'
  return mine.deviceId === myDevice || mine.deviceId === '' ? 'here' : 'elsewhere'
}
