import { Refusal } from '@beseda/kernel'
import { CallState, InviteeState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { MESH_LIMIT } from '@beseda/rules'

/** One person's one device. */
export interface Device {
  readonly userId: string
  readonly deviceId: string
}

export interface Participant extends Device {
  readonly joinedAt: number
  /** The participant is away when it was not renewed until then. */
  readonly leaseUntil: number
  /** The call's revision when this device took its place: it rises whenever a device takes one. Signals carry it. */
  readonly epoch: number
}

/** A participant whose lease ran out. The others keep their links to it for a while. */
export interface Away extends Device {
  /** Empty `deviceId`: the log only knows the person, whose device is about to renew. */
  readonly joinedAt: number
  readonly until: number
  readonly epoch: number
}

export interface Invitee {
  readonly userId: string
  readonly state: InviteeState
  /** What answered or declined. */
  readonly deviceId: string
}

/** A call as it stands. Times in Unix ms. A device is in `participants` or in `away`, a person only once. */
export interface CallSession {
  readonly id: string
  readonly groupId: string
  readonly callerId: string
  /** A call of two in a direct chat: it is over when one of them leaves. */
  readonly direct: boolean
  readonly video: boolean
  readonly state: CallState
  readonly startedAt: number
  readonly answeredAt: number
  readonly ringExpiresAt: number
  readonly participants: readonly Participant[]
  readonly away: readonly Away[]
  readonly invitees: readonly Invitee[]
  /** Rises with every change that others see. */
  readonly revision: number
  readonly endReason: CallEndReason
}

/**
 * Leases are renewed every 7 s, and 1.5 s after a failure: two renewals may be lost. Longer: a ghost is not gone within 20 s (the
 * sweep comes up to half a second later); shorter: a bad network throws people out.
 */
export const LEASE_MS = 19_000
/** How long the others keep the place of somebody whose lease ran out. */
export const AWAY_MS = 60_000
/** A minute before its session would vanish from Redis a call ends in order. */
export const MAX_CALL_MS = 12 * 3_600_000 - 60_000
/** Most participants; each sends to each other one. */
export const CALL_LIMIT = MESH_LIMIT

export const isSame = (one: Device, other: Device): boolean =>
  one.userId === other.userId && one.deviceId === other.deviceId

export const lease = (
  { userId, deviceId }: Device,
  { joinedAt, epoch }: Pick<Participant, 'joinedAt' | 'epoch'>,
  now: number,
): Participant => ({ userId, deviceId, joinedAt, leaseUntil: now + LEASE_MS, epoch })

export const withoutUser = <Person extends { readonly userId: string }>(people: readonly Person[], userId: string) =>
  people.filter((person) => person.userId !== userId)

/** The participant of this person, whichever device it is. */
export const participantOf = ({ participants }: CallSession, userId: string): Participant | undefined =>
  participants.find((participant) => participant.userId === userId)

export const inviteeOf = ({ invitees }: CallSession, userId: string): Invitee | undefined =>
  invitees.find((invitee) => invitee.userId === userId)

export const isRinging = (session: CallSession): boolean =>
  session.invitees.some(({ state }) => state === InviteeState.RINGING)

/** Errors: CALL_NOT_FOUND. */
export function present(session: CallSession | undefined, callId: string): CallSession {
  if (session?.id !== callId) throw new Refusal(ErrorReason.CALL_NOT_FOUND)
  return session
}

/** Errors: CALL_NOT_FOUND, CALL_ENDED. */
export function live(session: CallSession | undefined, callId: string): CallSession {
  const call = present(session, callId)
  if (call.state === CallState.ENDED) throw new Refusal(ErrorReason.CALL_ENDED)
  return call
}

/** When time alone changes something next; undefined: never. */
export function nextDeadline(session: CallSession): number | undefined {
  if (session.state === CallState.ENDED) return undefined
  const { participants, away, ringExpiresAt, startedAt } = session
  return Math.min(
    startedAt + MAX_CALL_MS,
    ...participants.map(({ leaseUntil }) => leaseUntil),
    ...away.map(({ until }) => until),
    ...(isRinging(session) ? [ringExpiresAt] : []),
  )
}
