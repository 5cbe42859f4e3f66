import { Refusal, RING_SECONDS } from '@beseda/kernel'
import { CallState } from '@beseda/proto/call/v1/call_service'
import {
  CallEndedSchema,
  CallEndReason,
  CallJoinedSchema,
  CallLeftSchema,
  CallStartedSchema,
} from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Event } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'

type EventBody = Event['body']

export interface Participant {
  readonly userId: string
  readonly deviceId: string
  readonly joinedAt: number
  /** The participant is gone when it was not renewed until then. */
  readonly leaseUntil: number
}

/** A call as it stands. Times in Unix ms. */
export interface CallSession {
  readonly id: string
  readonly groupId: string
  readonly callerId: string
  /** Who is rung. */
  readonly calleeId: string
  readonly video: boolean
  readonly state: CallState
  readonly startedAt: number
  readonly answeredAt: number
  readonly ringExpiresAt: number
  readonly participants: readonly Participant[]
  /** Rises with every change. */
  readonly revision: number
  readonly endedAt: number
  readonly endReason: CallEndReason
  /** Device of the callee that answered. */
  readonly answeredBy: string
  /** Since when one participant waits for the other to come back; 0: nobody waits. */
  readonly aloneSince: number
}

/** Leases are renewed every 7 s: two renewals may be lost. Longer: ghosts stay; shorter: a bad network throws people out. */
export const LEASE_MS = 20_000
/** How long one waits for the other to come back before the call is lost. */
export const ALONE_MS = 60_000

export interface Device {
  readonly userId: string
  readonly deviceId: string
}

/** A new picture of the call and what happened, for the history. No events and the same session: nothing changed. */
export interface CallChange {
  readonly session: CallSession
  readonly events: readonly EventBody[]
}

export interface NewCall {
  readonly id: string
  readonly groupId: string
  readonly calleeId: string
  readonly video: boolean
  /** The callee is in another call. */
  readonly busy: boolean
}

/** Rings, or joins the call that the group has already: both may have called at once. */
export function start(session: CallSession | undefined, call: NewCall, device: Device, now: number): CallChange {
  if (session && session.state !== CallState.ENDED) {
    return session.callerId === device.userId ? rejoin(session, device, now) : accept(session, session.id, device, now)
  }
  if (session?.id === call.id) return { session, events: [] }
  const { id, groupId, calleeId, video, busy } = call
  const ringing: CallSession = {
    id,
    groupId,
    callerId: device.userId,
    calleeId,
    video,
    state: CallState.RINGING,
    startedAt: now,
    answeredAt: 0,
    ringExpiresAt: now + RING_SECONDS * 1000,
    participants: [participant(device, now)],
    revision: 1,
    endedAt: 0,
    endReason: CallEndReason.UNSPECIFIED,
    answeredBy: '',
    aloneSince: 0,
  }
  const started: EventBody = {
    case: 'callStarted',
    value: create(CallStartedSchema, { callId: id, callerId: device.userId, video }),
  }
  const begun = { session: ringing, events: [started, joined(id, device.userId)] }
  return busy ? end(begun, CallEndReason.BUSY, now) : begun
}

/** Errors: CALL_NOT_FOUND, CALL_ENDED, CALL_ANSWERED_ELSEWHERE. The first device of a person wins. */
export function accept(session: CallSession | undefined, callId: string, device: Device, now: number): CallChange {
  const call = present(session, callId)
  if (call.state === CallState.ENDED) throw new Refusal(ErrorReason.CALL_ENDED)
  if (call.participants.some(({ userId }) => userId === device.userId)) return rejoin(call, device, now)
  if (call.answeredBy !== '' && device.userId === call.calleeId && call.answeredBy !== device.deviceId) {
    throw new Refusal(ErrorReason.CALL_ANSWERED_ELSEWHERE)
  }
  const answered = call.state === CallState.RINGING
  return changed({
    session: {
      ...call,
      state: CallState.ACTIVE,
      answeredAt: answered ? now : call.answeredAt,
      answeredBy: answered ? device.deviceId : call.answeredBy,
      participants: [...call.participants, participant(device, now)],
      aloneSince: 0,
    },
    events: [joined(call.id, device.userId)],
  })
}

/** Errors: CALL_NOT_FOUND, CALL_ENDED, CALL_ANSWERED_ELSEWHERE. */
export function decline(session: CallSession | undefined, callId: string, device: Device, now: number): CallChange {
  const call = present(session, callId)
  if (call.state === CallState.ENDED) return { session: call, events: [] }
  if (call.state === CallState.ACTIVE) throw new Refusal(ErrorReason.CALL_ANSWERED_ELSEWHERE)
  if (device.userId !== call.calleeId) throw new Refusal(ErrorReason.NOT_PERMITTED)
  return end({ session: call, events: [] }, CallEndReason.DECLINED, now)
}

/** One hangs up: the call of two is over. Before an answer: the caller gave up, or the callee said no. */
export function leave(session: CallSession | undefined, callId: string, device: Device, now: number): CallChange {
  const call = present(session, callId)
  if (call.state === CallState.ENDED) return { session: call, events: [] }
  if (call.state === CallState.RINGING && device.userId === call.calleeId) return decline(call, callId, device, now)
  if (!call.participants.some((other) => same(other, device))) return { session: call, events: [] }
  const reason = call.state === CallState.RINGING ? CallEndReason.CANCELLED : CallEndReason.HANG_UP
  const participants = call.participants.filter((other) => !same(other, device))
  return end({ session: { ...call, participants }, events: [left(call.id, device.userId)] }, reason, now)
}

/** Keeps the participant's lease. One whose lease ran out while the call went on is back in. Errors: CALL_NOT_FOUND, CALL_ENDED. */
export function renew(session: CallSession | undefined, callId: string, device: Device, now: number): CallChange {
  const call = present(session, callId)
  if (call.state === CallState.ENDED) throw new Refusal(ErrorReason.CALL_ENDED)
  if (call.participants.some((other) => same(other, device))) return rejoin(call, device, now)
  const wasIn =
    call.state === CallState.ACTIVE && (device.userId === call.callerId || call.answeredBy === device.deviceId)
  if (!wasIn) throw new Refusal(ErrorReason.CALL_NOT_FOUND)
  return accept(call, callId, device, now)
}

/** What time alone does: the ringing ends, leases run out, the one who waited gives up. */
export function expire(session: CallSession, now: number): CallChange {
  if (session.state === CallState.ENDED) return { session, events: [] }
  const gone = session.participants.filter(({ leaseUntil }) => leaseUntil <= now)
  const participants = session.participants.filter(({ leaseUntil }) => leaseUntil > now)
  const events = gone.map(({ userId }) => left(session.id, userId))
  const rest = { session: { ...session, participants }, events }
  if (session.state === CallState.RINGING) {
    if (participants.length === 0) return end(rest, CallEndReason.CANCELLED, now)
    return session.ringExpiresAt <= now ? end(rest, CallEndReason.MISSED, now) : { session, events: [] }
  }
  if (participants.length === 0 || aloneUntil(session) <= now) return end(rest, CallEndReason.LOST, now)
  if (gone.length === 0) return { session, events: [] }
  return changed({ session: { ...rest.session, aloneSince: now }, events })
}

/** When {@link expire} has something to do next; undefined: never. */
export function nextDeadline(session: CallSession): number | undefined {
  if (session.state === CallState.ENDED) return undefined
  const leases = session.participants.map(({ leaseUntil }) => leaseUntil)
  return Math.min(...leases, session.state === CallState.RINGING ? session.ringExpiresAt : aloneUntil(session))
}

const aloneUntil = ({ aloneSince }: CallSession): number =>
  aloneSince > 0 ? aloneSince + ALONE_MS : Number.POSITIVE_INFINITY

function present(session: CallSession | undefined, callId: string): CallSession {
  if (session?.id !== callId) throw new Refusal(ErrorReason.CALL_NOT_FOUND)
  return session
}

/** A participant's own device comes again, or moves to another device of the caller. */
function rejoin(call: CallSession, device: Device, now: number): CallChange {
  const mine = call.participants.find(({ userId }) => userId === device.userId)
  if (mine && mine.deviceId !== device.deviceId) throw new Refusal(ErrorReason.CALL_ANSWERED_ELSEWHERE)
  const renewed = { ...participant(device, now), joinedAt: mine?.joinedAt ?? now }
  const others = call.participants.filter(({ userId }) => userId !== device.userId)
  const session = { ...call, participants: [...others, renewed], aloneSince: mine ? call.aloneSince : 0 }
  return mine ? { session, events: [] } : changed({ session, events: [joined(call.id, device.userId)] })
}

function end({ session, events }: CallChange, endReason: CallEndReason, now: number): CallChange {
  const durationS = session.answeredAt > 0 ? Math.round((now - session.answeredAt) / 1000) : 0
  const ended: EventBody = {
    case: 'callEnded',
    value: create(CallEndedSchema, { callId: session.id, reason: endReason, durationS }),
  }
  return changed({
    session: { ...session, state: CallState.ENDED, endReason, endedAt: now, participants: [] },
    events: [...events, ended],
  })
}

const changed = ({ session, events }: CallChange): CallChange => ({
  session: { ...session, revision: session.revision + 1 },
  events,
})

const same = (one: Device, other: Device) => one.userId === other.userId && one.deviceId === other.deviceId
const participant = ({ userId, deviceId }: Device, now: number): Participant => ({
  userId,
  deviceId,
  joinedAt: now,
  leaseUntil: now + LEASE_MS,
})
const joined = (callId: string, userId: string): EventBody => ({
  case: 'callJoined',
  value: create(CallJoinedSchema, { callId, userId }),
})
const left = (callId: string, userId: string): EventBody => ({
  case: 'callLeft',
  value: create(CallLeftSchema, { callId, userId }),
})
