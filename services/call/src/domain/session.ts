import { Refusal } from '@beseda/kernel'
import { CallState, InviteeState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { MESH_LIMIT } from '@beseda/rules'

/** A device of a person. */
export interface Device {
  readonly userId: string
  readonly deviceId: string
}

export interface Participant extends Device {
  readonly joinedAt: number
  /** Unless renewed before, the participant is away from then on. */
  readonly leaseUntil: number
  /** The call's revision when this device joined; it rises with every joining, moving and returning. Signals carry it. */
  readonly epoch: number
}

/**
 * A participant whose lease ran out. The others keep their connections to it for a while. With an empty
 * `deviceId` it was recovered from the log, which names people only: any device of theirs may renew.
 */
export interface Away extends Device {
  readonly joinedAt: number
  readonly until: number
  readonly epoch: number
}

export interface Invitee {
  readonly userId: string
  readonly state: InviteeState
  /** The device that answered or declined; empty: none. */
  readonly deviceId: string
}

/** A recording that goes on, on the device of whoever started it. Times in Unix ms. */
export interface Recording extends Device {
  /** Made by the server. */
  readonly id: string
  /** The id that the client made for the command that started it. */
  readonly commandId: string
  readonly startedAt: number
  readonly soundOnly: boolean
  readonly paused: boolean
  /** People who have agreed to be in it, and people who have not. */
  readonly agreed: readonly string[]
  readonly refused: readonly string[]
}

/** A room on a node of the SFU. */
export interface SfuRoom {
  /** Public address of the node. */
  readonly node: string
  /** Higher for each room of the call. */
  readonly generation: number
}

/** Where the media of a call is forwarded. Times in Unix ms. */
export interface SfuPlace extends SfuRoom {
  /** Since when so few people are in the call that they need no SFU; 0: there are more. */
  readonly fewSince: number
  /** Devices that have heard nothing from the room lately. */
  readonly complaints: readonly Complaint[]
  /** When complaints alone have moved the call the last time; 0: never. */
  readonly doubtedAt: number
}

export interface Complaint {
  readonly deviceId: string
  readonly at: number
}

/** Most participants. */
export interface CallLimits {
  /** When each sends to every other one. */
  readonly mesh: number
  /** By whatever way; the same where there is no SFU. */
  readonly most: number
}

/** A call. Times in Unix ms. A person is at most once in `participants` and `away` together. */
export interface CallSession {
  /** Made by the server (ADR 51). */
  readonly id: string
  /** The id that the client made for the command that started the call; empty: not known any more. */
  readonly commandId: string
  readonly groupId: string
  readonly callerId: string
  /** A call in a direct chat: it ends when one of the two leaves. */
  readonly direct: boolean
  /** People in the voice room of the group: it rings nobody, and who is muted in the group is not in it (ADR 98). */
  readonly room: boolean
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
  readonly recording: Recording | undefined
  /** The command that started the last recording, which has ended; empty: none. */
  readonly recorded: string
  readonly limits: CallLimits
  /** Undefined: media goes from device to device. */
  readonly sfu: SfuPlace | undefined
  /** Of the last room on an SFU; 0: there was none. It never goes back, also when Redis was lost (ADR 115). */
  readonly generation: number
}

/**
 * Clients renew every 7 s, and 1.5 s after a failure: two renewals may be lost. Longer: a device that died is not away within 20 s (the
 * sweep comes up to half a second later); shorter: a bad network takes people out.
 */
export const LEASE_MS = 19_000
/** How long the place of a participant who is away is kept. */
export const AWAY_MS = 60_000
/**
 * How long the place of a device is kept whose page has closed. Longer: the other half of a call waits for nobody; shorter: a slow
 * device that loads its page again is thrown out.
 */
export const PAGE_MS = 20_000
/** Longest duration of a call: it ends a minute before Redis would delete its session. */
export const MAX_CALL_MS = 12 * 3_600_000 - 60_000
/** Most participants of a call without an SFU: each sends to every other one. */
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

/** The participation of a person, with whichever device. */
export const participantOf = ({ participants }: CallSession, userId: string): Participant | undefined =>
  participants.find((participant) => participant.userId === userId)

export const inviteeOf = ({ invitees }: CallSession, userId: string): Invitee | undefined =>
  invitees.find((invitee) => invitee.userId === userId)

export const isRinging = (session: CallSession): boolean =>
  session.invitees.some(({ state }) => state === InviteeState.RINGING)

/** `callId`: of the call, or of the command that started it. Errors: CALL_NOT_FOUND. */
export function present(session: CallSession | undefined, callId: string): CallSession {
  if (!session || ![session.id, session.commandId].includes(callId)) throw new Refusal(ErrorReason.CALL_NOT_FOUND)
  return session
}

/** Errors: CALL_NOT_FOUND, CALL_ENDED. */
export function live(session: CallSession | undefined, callId: string): CallSession {
  const call = present(session, callId)
  if (call.state === CallState.ENDED) throw new Refusal(ErrorReason.CALL_ENDED)
  return call
}

/** When time alone changes the session next; undefined: never. */
export function nextDeadline(session: CallSession): number | undefined {
  if (session.state === CallState.ENDED) return undefined
  const { participants, away, ringExpiresAt, startedAt } = session
  const crowd = crowdDeadline(session)
  return Math.min(
    startedAt + MAX_CALL_MS,
    ...participants.map(({ leaseUntil }) => leaseUntil),
    ...away.map(({ until }) => until),
    ...(isRinging(session) ? [ringExpiresAt] : []),
    ...(crowd === undefined ? [] : [crowd]),
  )
}

/** How long a call has few people before it goes back to the mesh. Shorter: people who come and go make everybody connect anew. */
export const CALM_MS = 60_000

/** Everybody who has a place in the call. */
export const crowdOf = ({ participants, away }: CallSession): number => participants.length + away.length

/** So few people do well without an SFU: with a margin, so that one more does not bring it back. */
export const isFew = (session: CallSession): boolean => crowdOf(session) <= Math.floor(session.limits.mesh * 0.7)

/** When the number of people alone changes how media goes; in the past: what is known of it is not true any more. */
function crowdDeadline(session: CallSession): number | undefined {
  const { sfu, startedAt } = session
  if (!sfu) return undefined
  if (!isFew(session)) return sfu.fewSince === 0 ? undefined : startedAt
  return sfu.fewSince === 0 ? startedAt : sfu.fewSince + CALM_MS
}
