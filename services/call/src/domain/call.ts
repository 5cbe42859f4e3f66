import { Refusal } from '@beseda/kernel'
import { CallState, InviteeState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { CallChange } from './call-change.js'
import { ended, joined, left, missed, started } from './events.js'
import { withoutLostRecording, withoutRecording } from './recording.js'
import {
  AWAY_MS,
  type Away,
  type CallLimits,
  type CallSession,
  type Device,
  type Invitee,
  inviteeOf,
  isRinging,
  isSame,
  lease,
  live,
  MAX_CALL_MS,
  PAGE_MS,
  type Participant,
  participantOf,
  present,
  type SfuRoom,
  withoutUser,
} from './session.js'
import { settleCrowd, withSeat } from './sfu.js'

export interface NewCall {
  readonly id: string
  /** The id that the client made for the command. */
  readonly commandId: string
  readonly groupId: string
  readonly direct: boolean
  /** The group has a voice room: whoever is in it calls nobody. */
  readonly room: boolean
  readonly video: boolean
  /** People to ring; in a voice room nobody, whoever is named. */
  readonly inviteeIds: readonly string[]
  /** Those of them who are in another call, and are not rung. */
  readonly busyIds: readonly string[]
  /** How long it rings. */
  readonly ringMs: number
  readonly limits: CallLimits
}

/** How somebody joins. */
export interface Entry {
  /** Another device of theirs takes over. */
  readonly move: boolean
  /** A room on the SFU that was opened in case the call needs one. */
  readonly offer?: SfuRoom | undefined
}

/**
 * Starts a call that rings, enters an empty voice room, or joins the call that the group has already: two people may call each other at once. A repeat of the command
 * after its call has ended changes nothing: a late request must ring nobody. The command id of somebody else, or of an earlier call, proves nothing:
 * that is another call (ADR 51).
 */
export function start(
  session: CallSession | undefined,
  call: NewCall,
  device: Device,
  now: number,
  offer?: SfuRoom,
): CallChange {
  if (session && session.state !== CallState.ENDED)
    return join(session, session.id, device, { move: false, offer }, now)
  if (session?.commandId === call.commandId && session.callerId === device.userId) return { session, events: [] }
  const [called, busyIds] = call.room ? [[], []] : [call.inviteeIds, call.busyIds]
  const invitees = called.map((userId): Invitee => {
    const busy = busyIds.includes(userId)
    return { userId, state: busy ? InviteeState.BUSY : InviteeState.RINGING, deviceId: '' }
  })
  const begun: CallSession = {
    id: call.id,
    commandId: call.commandId,
    groupId: call.groupId,
    callerId: device.userId,
    direct: call.direct,
    room: call.room,
    video: call.video,
    state: call.room ? CallState.ACTIVE : CallState.RINGING,
    startedAt: now,
    answeredAt: call.room ? now : 0,
    ringExpiresAt: now + call.ringMs,
    participants: [lease(device, { joinedAt: now, epoch: 1 }, now)],
    away: [],
    invitees,
    revision: 1,
    endReason: CallEndReason.UNSPECIFIED,
    recording: undefined,
    recorded: '',
    limits: call.limits,
    sfu: undefined,
    generation: 0,
  }
  const first = [started(begun), joined(begun, device.userId)]
  const events = busyIds.length > 0 ? [...first, missed(begun, busyIds)] : first
  const change = { session: begun, events }
  return call.direct && busyIds.length > 0 ? end(change, CallEndReason.BUSY, now) : change
}

/**
 * Answers, joins late, or returns. Only one device of a person is in the call, the first; `move` lets another one take over.
 * Errors: CALL_NOT_FOUND, CALL_ENDED, CALL_ANSWERED_ELSEWHERE, CALL_FULL.
 */
export function join(
  session: CallSession | undefined,
  callId: string,
  device: Device,
  { move, offer }: Entry,
  now: number,
): CallChange {
  const call = live(session, callId)
  const mine = participantOf(call, device.userId)
  if (mine) {
    if (isSame(mine, device)) return { session: extended(call, device, now), events: [] }
    if (!move) throw new Refusal(ErrorReason.CALL_ANSWERED_ELSEWHERE)
    const moved = lease(device, { joinedAt: mine.joinedAt, epoch: call.revision + 1 }, now)
    const participants = call.participants.map((other) => (other === mine ? moved : other))
    return changed({ session: { ...call, participants }, events: [] })
  }
  return admit(withSeat(call, offer), device, now)
}

/** Stops ringing this person's devices. Errors: CALL_NOT_FOUND, CALL_ANSWERED_ELSEWHERE; NOT_PERMITTED when the person was not rung. */
export function decline(session: CallSession | undefined, callId: string, device: Device, now: number): CallChange {
  const call = present(session, callId)
  const invitee = inviteeOf(call, device.userId)
  // Whoever was not called is not told that there is a call.
  if (!invitee) throw new Refusal(ErrorReason.CALL_NOT_FOUND)
  if (call.state === CallState.ENDED) return { session: call, events: [] }
  if (invitee.state === InviteeState.JOINED) throw new Refusal(ErrorReason.CALL_ANSWERED_ELSEWHERE)
  if (invitee.state !== InviteeState.RINGING) return { session: call, events: [] }
  const invitees = answered(call, device, InviteeState.DECLINED)
  const declined = { session: { ...call, invitees }, events: [] }
  return call.direct ? end(declined, CallEndReason.DECLINED, now) : changed(declined)
}

/** Hangs up. Before an answer the caller gives up, and somebody who is rung declines. Errors: CALL_NOT_FOUND. */
export function leave(session: CallSession | undefined, callId: string, device: Device, now: number): CallChange {
  const call = present(session, callId)
  if (call.state === CallState.ENDED) return { session: call, events: [] }
  const isIn = [...call.participants, ...call.away].some((other) => isSame(other, device))
  if (isIn) return without(call, device.userId, now)
  const rings = inviteeOf(call, device.userId)?.state === InviteeState.RINGING
  return rings ? decline(call, callId, device, now) : { session: call, events: [] }
}

/**
 * The page of a device has closed, perhaps to be loaded again: the device is away at once, and has less time to return than one that
 * has lost the network. Errors: CALL_NOT_FOUND.
 */
export function closePage(session: CallSession | undefined, callId: string, device: Device, now: number): CallChange {
  const call = present(session, callId)
  const mine = call.participants.find((other) => isSame(other, device))
  if (call.state === CallState.ENDED || !mine) return { session: call, events: [] }
  const participants = call.participants.filter((other) => other !== mine)
  const away = [...call.away, awayFrom(mine, now + PAGE_MS)]
  return changed({ session: { ...call, participants, away }, events: [left(call, device.userId)] })
}

/** A device leaves because its session has ended. Its person may be rung on other devices. */
export function vacate(session: CallSession, device: Device, now: number): CallChange {
  const isIn = [...session.participants, ...session.away].some((other) => isSame(other, device))
  return isIn && session.state !== CallState.ENDED ? without(session, device.userId, now) : { session, events: [] }
}

/** Takes a person out: an admin removed them, or they are no longer a member. */
export function remove(session: CallSession, userId: string, now: number): CallChange {
  if (session.state === CallState.ENDED) return { session, events: [] }
  const isIn = participantOf(session, userId) ?? session.away.find((other) => other.userId === userId)
  const rings = inviteeOf(session, userId)?.state === InviteeState.RINGING
  if (!isIn && !rings) return { session, events: [] }
  const invitees = rings ? withoutUser(session.invitees, userId) : session.invitees
  return without({ ...session, invitees }, userId, now)
}

/** Ends a call in any state: its group was deleted, or nobody is known to be in it. */
export function close(session: CallSession, endReason: CallEndReason, now: number): CallChange {
  if (session.state === CallState.ENDED) return { session, events: [] }
  return end({ session, events: [] }, endReason, now)
}

/**
 * Extends the participant's lease; one who is away returns. `knownRevision`: that of the newest session that the client has seen, so that
 * a recovered session continues above it. Errors: CALL_NOT_FOUND, CALL_ENDED, CALL_ANSWERED_ELSEWHERE, NOT_IN_CALL.
 */
export function renew(
  session: CallSession | undefined,
  callId: string,
  device: Device,
  knownRevision: number,
  now: number,
): CallChange {
  const call = live(session, callId)
  const mine = participantOf(call, device.userId)
  if (mine) {
    if (!isSame(mine, device)) throw new Refusal(ErrorReason.CALL_ANSWERED_ELSEWHERE)
    return { session: lifted(extended(call, device, now), knownRevision), events: [] }
  }
  const away = call.away.find(({ userId, deviceId }) => userId === device.userId && isEither(deviceId, device.deviceId))
  if (!away) throw new Refusal(ErrorReason.NOT_IN_CALL)
  const { session: next, events } = admit(lifted(call, knownRevision), device, now, away.joinedAt)
  // A recovered participant never left, as far as the log knows: no event says that they joined.
  return { session: next, events: away.deviceId === '' ? [] : events }
}

/** What time alone changes: ringing ends, leases run out, places of away participants are given up, and calls have a longest duration. */
export function expire(session: CallSession, now: number): CallChange {
  if (session.state === CallState.ENDED) return { session, events: [] }
  const lapsed = session.participants.filter(({ leaseUntil }) => leaseUntil <= now)
  const forgotten = session.away.filter(({ until }) => until <= now)
  // Who is called by one person is rung no longer when that person has vanished; a group's call waits for the one who started it.
  const waitedFor = session.direct && session.state === CallState.RINGING ? [] : lapsed
  const change: CallChange = {
    session: {
      ...session,
      participants: session.participants.filter(({ leaseUntil }) => leaseUntil > now),
      away: [
        ...session.away.filter(({ until }) => until > now),
        ...waitedFor.map((gone) => awayFrom(gone, now + AWAY_MS)),
      ],
    },
    events: [...lapsed, ...forgotten.filter(({ deviceId }) => deviceId === '')].map(({ userId }) =>
      left(session, userId),
    ),
  }
  const isOver = overdue(change.session, now)
  if (isOver !== undefined) return end(change, isOver, now)
  const rung = session.ringExpiresAt <= now ? stopRinging(change) : change
  const isAsBefore = rung === change && lapsed.length + forgotten.length === 0
  return settleCrowd(isAsBefore ? { session, events: [] } : changed(rung), now)
}

/** Why a call is over by now; undefined: it goes on. */
function overdue(session: CallSession, now: number): CallEndReason | undefined {
  const { state, direct, participants, away } = session
  if (session.startedAt + MAX_CALL_MS <= now) return CallEndReason.LOST
  if (state === CallState.RINGING) {
    if (participants.length === 0 && away.length === 0) return CallEndReason.CANCELLED
    return direct && session.ringExpiresAt <= now ? CallEndReason.MISSED : undefined
  }
  return away.length === 0 && participants.length < least(direct) ? CallEndReason.LOST : undefined
}

/** Fewest participants of a call that was answered. */
const least = (direct: boolean): number => (direct ? 2 : 1)

/** Takes a person out, and ends the call when too few are left. */
function without(call: CallSession, userId: string, now: number): CallChange {
  const wasIn = participantOf(call, userId) !== undefined
  const session = {
    ...call,
    participants: withoutUser(call.participants, userId),
    away: withoutUser(call.away, userId),
  }
  const change = { session, events: wasIn ? [left(call, userId)] : [] }
  const isAlone = session.participants.length === 0 && session.away.length === 0
  if (call.state === CallState.RINGING) {
    if (isAlone) return end(change, CallEndReason.CANCELLED, now)
    // In a direct call this is the invitee: the caller would wait for nobody.
    return call.direct && !isRinging(session) ? end(change, CallEndReason.CANCELLED, now) : changed(change)
  }
  return call.direct || isAlone ? end(change, CallEndReason.HANG_UP, now) : changed(change)
}

/** Adds a person who is not a participant. */
function admit(call: CallSession, device: Device, now: number, joinedAt = now): CallChange {
  // The caller may return before anybody else has joined: the call still rings.
  const state = device.userId === call.callerId ? call.state : CallState.ACTIVE
  return changed({
    session: {
      ...call,
      state,
      answeredAt: call.answeredAt || (state === CallState.ACTIVE ? now : 0),
      participants: [...call.participants, lease(device, { joinedAt, epoch: call.revision + 1 }, now)],
      away: withoutUser(call.away, device.userId),
      invitees: answered(call, device, InviteeState.JOINED),
    },
    events: [joined(call, device.userId)],
  })
}

const answered = ({ invitees }: CallSession, { userId, deviceId }: Device, state: InviteeState): Invitee[] =>
  invitees.map((invitee) => (invitee.userId === userId ? { userId, state, deviceId } : invitee))

const awayFrom = ({ userId, deviceId, joinedAt, epoch }: Participant, until: number): Away => ({
  userId,
  deviceId,
  joinedAt,
  until,
  epoch,
})

const extended = (call: CallSession, device: Device, now: number): CallSession => ({
  ...call,
  participants: call.participants.map((other) => (isSame(other, device) ? lease(device, other, now) : other)),
})

const lifted = (call: CallSession, revision: number): CallSession =>
  revision > call.revision ? { ...call, revision: revision + 1 } : call

/** Everybody who is still rung has missed the call. */
function stopRinging(change: CallChange): CallChange {
  const { session, events } = change
  if (!isRinging(session)) return change
  const rung = session.invitees.filter(({ state }) => state === InviteeState.RINGING).map(({ userId }) => userId)
  const invitees = session.invitees.map((invitee) =>
    rung.includes(invitee.userId) ? { ...invitee, state: InviteeState.MISSED } : invitee,
  )
  return { session: { ...session, invitees }, events: [...events, missed(session, rung)] }
}

function end(change: CallChange, endReason: CallEndReason, now: number): CallChange {
  const { session, events } = stopRinging(change)
  const { session: silent, events: stopped } = withoutRecording(session)
  const over = { ...silent, state: CallState.ENDED, endReason, participants: [], away: [], sfu: undefined }
  return changed({ session: over, events: [...events, ...stopped, ended(session, endReason, now)] })
}

/** Every change of who is in the call ends here: a recording does not outlast the device that makes it. */
function changed({ session, events }: CallChange): CallChange {
  const { session: next, events: stopped } = withoutLostRecording(session)
  return { session: { ...next, revision: next.revision + 1 }, events: [...events, ...stopped] }
}

const isEither = (known: string, deviceId: string): boolean => known === '' || known === deviceId
