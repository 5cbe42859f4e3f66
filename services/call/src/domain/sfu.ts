import { Refusal } from '@beseda/kernel'
import { CallState } from '@beseda/proto/call/v1/call_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { CallChange } from './call-change.js'
import { CALM_MS, type CallSession, crowdOf, type Device, isFew, type SfuRoom } from './session.js'

/** How long a complaint counts. Longer: two bad networks, minutes apart, move everybody; shorter: people who notice late are not heard. */
const COMPLAINT_MS = 5_000
/** Part of the participants who must complain about a node that answers; two at least. Fewer: a few bad networks move everybody. */
const COMPLAINERS = 0.25
/** How long no complaints move the call again. Longer: people sit in a second bad room; shorter: whoever wants to can keep a call moving. */
const DOUBT_REST_MS = 15_000
/**
 * The number of the next room: above the last one, and above every one that was used before Redis was lost. The log does not know those, so
 * they are bound to the time: milliseconds since the start of the call (ADR 115). `now`: when the room is opened, not when it was asked for.
 */
export const nextGeneration = ({ generation, startedAt }: CallSession, now: number): number =>
  Math.max(generation, now - startedAt, 0) + 1

/** More people have a place than can send to each other. */
export const isCrowded = (session: CallSession): boolean =>
  session.state !== CallState.ENDED && !session.sfu && crowdOf(session) > session.limits.mesh

/**
 * The call with a seat for one more; a room that was opened beforehand is used when it needs one. Errors: CALL_FULL.
 */
export function withSeat(call: CallSession, offer: SfuRoom | undefined): CallSession {
  const { sfu, limits, participants } = call
  if (participants.length < (sfu ? limits.most : limits.mesh)) return call
  const isOpen = !sfu && participants.length < limits.most
  if (isOpen && isNewer(offer, call)) return inRoom(call, offer)
  throw new Refusal(ErrorReason.CALL_FULL, { limit: String(sfu ? limits.most : limits.mesh) })
}

/** A call that turned out to be crowded (people came back who were away) goes through a room. */
export const uncrowd = (session: CallSession, offer: SfuRoom): CallChange =>
  isCrowded(session) && isNewer(offer, session) ? seen(inRoom(session, offer)) : unchanged(session)

/**
 * The room of a generation is lost, or its node leaves: media goes through another room. Where there is none, few enough people send to each
 * other again; more of them wait for a node. `doubtedAt`: complaints alone have moved the call, now or the last time; 0: never.
 */
export function relocate(
  session: CallSession,
  generation: number,
  offer: SfuRoom | undefined,
  doubtedAt = session.sfu?.doubtedAt ?? 0,
): CallChange {
  if (session.state === CallState.ENDED || session.sfu?.generation !== generation) return unchanged(session)
  if (isNewer(offer, session)) return seen(inRoom(session, offer, doubtedAt))
  return crowdOf(session) <= session.limits.mesh ? seen({ ...session, sfu: undefined }) : unchanged(session)
}

/** A device hears nothing from the room of a generation. Others do not see it. */
export function complain(session: CallSession, { deviceId }: Device, generation: number, now: number): CallChange {
  const { sfu } = session
  if (sfu?.generation !== generation) return unchanged(session)
  const others = sfu.complaints.filter((other) => other.deviceId !== deviceId && other.at + COMPLAINT_MS > now)
  const complaints = [...others, { deviceId, at: now }]
  return unchanged({ ...session, sfu: { ...sfu, complaints } })
}

/** So many devices that are in the call hear nothing that the room is lost, whatever its node says. */
export function isDoubted({ sfu, participants }: CallSession, now: number): boolean {
  if (!sfu || (sfu.doubtedAt > 0 && sfu.doubtedAt + DOUBT_REST_MS > now)) return false
  const present = new Set(participants.map(({ deviceId }) => deviceId))
  const lately = sfu.complaints.filter(({ deviceId, at }) => at + COMPLAINT_MS > now && present.has(deviceId))
  return lately.length >= Math.max(2, Math.ceil(participants.length * COMPLAINERS))
}

/** Few people, for a while: they send to each other again. */
export function settleCrowd(change: CallChange, now: number): CallChange {
  const { session, events } = change
  const { sfu } = session
  if (!sfu || session.state === CallState.ENDED) return change
  if (!isFew(session))
    return sfu.fewSince === 0 ? change : { session: { ...session, sfu: { ...sfu, fewSince: 0 } }, events }
  if (sfu.fewSince === 0) return { session: { ...session, sfu: { ...sfu, fewSince: now } }, events }
  if (sfu.fewSince + CALM_MS > now) return change
  return { session: seen({ ...session, sfu: undefined }).session, events }
}

const isNewer = (offer: SfuRoom | undefined, { generation }: CallSession): offer is SfuRoom =>
  offer !== undefined && offer.generation > generation

const inRoom = (session: CallSession, { node, generation }: SfuRoom, doubtedAt = 0): CallSession => ({
  ...session,
  generation,
  sfu: { node, generation, fewSince: 0, complaints: [], doubtedAt },
})

const seen = (session: CallSession): CallChange => ({
  session: { ...session, revision: session.revision + 1 },
  events: [],
})

const unchanged = (session: CallSession): CallChange => ({ session, events: [] })
