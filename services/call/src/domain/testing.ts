import { Refusal } from '@beseda/kernel'
import { InviteeState } from '@beseda/proto/call/v1/call_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { expire, join, type NewCall, renew, start } from './call.js'
import type { CallChange } from './call-change.js'
import { CALL_LIMIT, type CallSession, type Device } from './session.js'

/** For specs: the people and calls that they speak of. */
export const RING_MS = 45_000
export const ann = { userId: 'ann', deviceId: 'ann-laptop' }
export const bob = { userId: 'bob', deviceId: 'bob-phone' }
export const bobTablet = { userId: 'bob', deviceId: 'bob-tablet' }
export const cat = { userId: 'cat', deviceId: 'cat-phone' }
export const call: NewCall = {
  id: 'c',
  commandId: 'asked',
  groupId: 'g',
  direct: true,
  room: false,
  video: true,
  inviteeIds: ['bob'],
  busyIds: [],
  ringMs: RING_MS,
  limits: { mesh: CALL_LIMIT, most: CALL_LIMIT },
}
export const groupCall: NewCall = { ...call, direct: false, inviteeIds: ['bob', 'cat'] }
/** Of a group with a voice room; whoever asks for ringing rings nobody. */
export const roomCall: NewCall = { ...groupCall, room: true }
export const stay = { move: false }
export const T = 1_000
export const RING_END = T + RING_MS

export const ringing = (of = call) => start(undefined, of, ann, T).session
export const active = (of = call) => join(ringing(of), 'c', bob, stay, 2_000).session
export const cases = ({ events }: CallChange) => events.map((event) => event.case)
export const stateOf = ({ invitees }: CallSession, userId: string) =>
  InviteeState[invitees.find((invitee) => invitee.userId === userId)?.state ?? 0]
export const reasonOf = (work: () => unknown) => {
  try {
    work()
    return 'accepted'
  } catch (error) {
    return error instanceof Refusal ? ErrorReason[error.reason] : error
  }
}
/** Renews all but one every 7 s until `end`, as their clients do. */
export function keep(session: CallSession, devices: readonly Device[], from: number, end: number): CallSession {
  let kept = session
  for (let now = from; now < end; now += 7_000) {
    for (const device of devices) kept = renew(kept, 'c', device, 0, now).session
    kept = expire(kept, now).session
  }
  return kept
}
