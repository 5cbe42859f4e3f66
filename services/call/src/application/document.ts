import { formatUuid, uuidBytes } from '@beseda/kernel'
import type { DocumentCodec } from '@beseda/platform'
import { CallState } from '@beseda/proto/call/v1/call_service'
import { type StoredCall, StoredCallSchema } from '@beseda/proto/call/v1/session'
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import type { Away, CallSession, Participant } from '../domain/session.js'

/** A session with what it has still to tell the history: written with the change itself, so that no crash loses it. */
export interface CallDocument {
  readonly session: CallSession
  /** Commits, oldest first. */
  readonly pending: readonly Uint8Array[]
}

/** Sessions vanish at 12 h whatever happens: no call lasts longer, and nothing can be left behind. */
export const SESSION_TTL_MS = 12 * 3_600_000
/** How long a call that has ended is remembered: a late answer is told that it is over, a retried start rings nobody. */
const ENDED_TTL_MS = 10 * 60_000
/** From now on, ms. */
export function ttlOf({ session, pending }: CallDocument): number {
  if (session.state === CallState.ENDED && pending.length === 0) return ENDED_TTL_MS
  return session.startedAt + SESSION_TTL_MS - Date.now()
}

const ID_BYTES = 16

/** As Redis holds it: proto/beseda/call/v1/session.proto. */
export const callDocuments: DocumentCodec<CallDocument> = {
  encode({ session, pending }) {
    const ids = new IdTable()
    const { startedAt, answeredAt } = session
    const place = (where: Participant | Away, until: number) => ({
      user: ids.placeOf(where.userId),
      device: ids.placeOf(where.deviceId),
      joinedMs: where.joinedAt - startedAt,
      untilMs: until - startedAt,
      epoch: where.epoch,
    })
    const stored: MessageInitShape<typeof StoredCallSchema> = {
      call: ids.placeOf(session.id),
      group: ids.placeOf(session.groupId),
      caller: ids.placeOf(session.callerId),
      direct: session.direct,
      video: session.video,
      state: session.state,
      startedAtMs: BigInt(startedAt),
      ...(answeredAt > 0 ? { answeredMs: answeredAt - startedAt } : {}),
      ringUntilMs: session.ringExpiresAt - startedAt,
      participants: session.participants.map((one) => place(one, one.leaseUntil)),
      away: session.away.map((one) => place(one, one.until)),
      invitees: session.invitees.map(({ userId, state, deviceId }) => ({
        user: ids.placeOf(userId),
        state,
        device: ids.placeOf(deviceId),
      })),
      revision: session.revision,
      endReason: session.endReason,
      pending: [...pending],
    }
    return toBinary(StoredCallSchema, create(StoredCallSchema, { ...stored, ids: ids.bytes }))
  },

  decode(bytes) {
    const stored = fromBinary(StoredCallSchema, bytes)
    const { ids, participants, away, invitees, pending, answeredMs } = stored
    const startedAt = Number(stored.startedAtMs)
    const idAt = (place: number) => (place === 0 ? '' : formatUuid(ids.subarray((place - 1) * ID_BYTES)))
    const place = ({ user, device, joinedMs, epoch }: StoredCall['away'][number]) => ({
      userId: idAt(user),
      deviceId: idAt(device),
      joinedAt: startedAt + joinedMs,
      epoch,
    })
    const session: CallSession = {
      id: idAt(stored.call),
      groupId: idAt(stored.group),
      callerId: idAt(stored.caller),
      direct: stored.direct,
      video: stored.video,
      state: stored.state,
      startedAt,
      answeredAt: answeredMs === undefined ? 0 : startedAt + answeredMs,
      ringExpiresAt: startedAt + stored.ringUntilMs,
      participants: participants.map((one) => ({ ...place(one), leaseUntil: startedAt + one.untilMs })),
      away: away.map((one) => ({ ...place(one), until: startedAt + one.untilMs })),
      invitees: invitees.map(({ user, state, device }) => ({ userId: idAt(user), state, deviceId: idAt(device) })),
      revision: stored.revision,
      endReason: stored.endReason,
    }
    return { session, pending }
  },
}

/** Each id once; others name it by its place, from 1. An empty id has place 0. */
class IdTable {
  readonly #places = new Map<string, number>()

  placeOf(id: string): number {
    if (id === '') return 0
    const place = this.#places.get(id) ?? this.#places.size + 1
    this.#places.set(id, place)
    return place
  }

  get bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#places.size * ID_BYTES)
    for (const [id, place] of this.#places) bytes.set(uuidBytes(id), (place - 1) * ID_BYTES)
    return bytes
  }
}
