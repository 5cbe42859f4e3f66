import { formatUuid, uuidBytes } from '@beseda/kernel'
import { type DocumentCodec, RedisDocuments } from '@beseda/platform'
import { CallState } from '@beseda/proto/call/v1/call_service'
import { type StoredCall, StoredCallSchema, type StoredRecording, type StoredSfu } from '@beseda/proto/call/v1/session'
import { create, fromBinary, type MessageInitShape, toBinary } from '@bufbuild/protobuf'
import type { Redis } from 'ioredis'
import { type CallDocument, type CallDocuments, type Clock, dueAtOf } from '../../application/ports.js'
import {
  type Away,
  CALL_LIMIT,
  type CallSession,
  type Participant,
  type Recording,
  type SfuPlace,
} from '../../domain/session.js'

/** Redis deletes a session after 12 hours, whatever happens: no call lasts longer (MAX_CALL_MS), and nothing is left behind. */
export const SESSION_TTL_MS = 12 * 3_600_000
/** How long a call that has ended is kept: a late answer learns that it is over, and a retried start rings nobody. */
const ENDED_TTL_MS = 10 * 60_000

/** Documents of the calls in Redis. */
export const redisCallDocuments = (redis: Redis, clock: Clock): CallDocuments =>
  new RedisDocuments(redis, {
    prefix: 'call:',
    ttlMs: (document) => ttlOf(document, clock.now()),
    codec: callDocumentCodec,
    deadlines: { name: 'call-deadlines', dueAt: dueAtOf },
  })

/** Milliseconds from now. */
function ttlOf({ session, pending }: CallDocument, now: number): number {
  if (session.state === CallState.ENDED && pending.length === 0) return ENDED_TTL_MS
  return session.startedAt + SESSION_TTL_MS - now
}

const ID_BYTES = 16

/** The stored form is `proto/beseda/call/v1/session.proto`. */
export const callDocumentCodec: DocumentCodec<CallDocument> = {
  encode({ session, pending }) {
    const ids = new IdTable()
    const { startedAt, answeredAt } = session
    const device = (where: Participant | Away, until: number) => ({
      user: ids.indexOf(where.userId),
      device: ids.indexOf(where.deviceId),
      joinedMs: where.joinedAt - startedAt,
      untilMs: until - startedAt,
      epoch: where.epoch,
    })
    const stored: MessageInitShape<typeof StoredCallSchema> = {
      call: ids.indexOf(session.id),
      command: ids.indexOf(session.commandId),
      group: ids.indexOf(session.groupId),
      caller: ids.indexOf(session.callerId),
      direct: session.direct,
      room: session.room,
      video: session.video,
      state: session.state,
      startedAtMs: BigInt(startedAt),
      ...(answeredAt > 0 ? { answeredMs: answeredAt - startedAt } : {}),
      ringUntilMs: session.ringExpiresAt - startedAt,
      participants: session.participants.map((one) => device(one, one.leaseUntil)),
      away: session.away.map((one) => device(one, one.until)),
      invitees: session.invitees.map(({ userId, state, deviceId }) => ({
        user: ids.indexOf(userId),
        state,
        device: ids.indexOf(deviceId),
      })),
      revision: session.revision,
      endReason: session.endReason,
      pending: [...pending],
      recorded: ids.indexOf(session.recorded),
      meshLimit: session.limits.mesh,
      limit: session.limits.most,
      generation: session.generation,
      ...(session.sfu ? { sfu: sfuForm(session.sfu, startedAt, ids) } : {}),
      ...(session.recording ? { recording: recordingForm(session.recording, startedAt, ids) } : {}),
    }
    return toBinary(StoredCallSchema, create(StoredCallSchema, { ...stored, ids: ids.bytes }))
  },

  decode(bytes) {
    const stored = fromBinary(StoredCallSchema, bytes)
    const { ids, participants, away, invitees, pending, answeredMs } = stored
    const startedAt = Number(stored.startedAtMs)
    const idAt = (index: number) => (index === 0 ? '' : formatUuid(ids.subarray((index - 1) * ID_BYTES)))
    const device = ({ user, device, joinedMs, epoch }: StoredCall['away'][number]) => ({
      userId: idAt(user),
      deviceId: idAt(device),
      joinedAt: startedAt + joinedMs,
      epoch,
    })
    const session: CallSession = {
      id: idAt(stored.call),
      commandId: idAt(stored.command),
      groupId: idAt(stored.group),
      callerId: idAt(stored.caller),
      direct: stored.direct,
      room: stored.room,
      video: stored.video,
      state: stored.state,
      startedAt,
      answeredAt: answeredMs === undefined ? 0 : startedAt + answeredMs,
      ringExpiresAt: startedAt + stored.ringUntilMs,
      participants: participants.map((one) => ({ ...device(one), leaseUntil: startedAt + one.untilMs })),
      away: away.map((one) => ({ ...device(one), until: startedAt + one.untilMs })),
      invitees: invitees.map(({ user, state, device }) => ({ userId: idAt(user), state, deviceId: idAt(device) })),
      revision: stored.revision,
      endReason: stored.endReason,
      recorded: idAt(stored.recorded),
      limits: { mesh: stored.meshLimit || CALL_LIMIT, most: stored.limit || CALL_LIMIT },
      generation: stored.generation,
      sfu: stored.sfu && sfuFrom(stored.sfu, stored.generation, startedAt, idAt),
      recording: stored.recording && recordingFrom(stored.recording, startedAt, idAt),
    }
    return { session, pending }
  },
}

const recordingForm = (recording: Recording, startedAt: number, ids: IdTable) => ({
  id: ids.indexOf(recording.id),
  command: ids.indexOf(recording.commandId),
  user: ids.indexOf(recording.userId),
  device: ids.indexOf(recording.deviceId),
  startedMs: recording.startedAt - startedAt,
  soundOnly: recording.soundOnly,
  paused: recording.paused,
  agreed: recording.agreed.map((userId) => ids.indexOf(userId)),
  refused: recording.refused.map((userId) => ids.indexOf(userId)),
})

const recordingFrom = (stored: StoredRecording, startedAt: number, idAt: (index: number) => string): Recording => ({
  id: idAt(stored.id),
  commandId: idAt(stored.command),
  userId: idAt(stored.user),
  deviceId: idAt(stored.device),
  startedAt: startedAt + stored.startedMs,
  soundOnly: stored.soundOnly,
  paused: stored.paused,
  agreed: stored.agreed.map(idAt),
  refused: stored.refused.map(idAt),
})

const sfuForm = ({ node, fewSince, complaints, doubtedAt }: SfuPlace, startedAt: number, ids: IdTable) => ({
  node,
  ...(fewSince > 0 ? { fewSinceMs: fewSince - startedAt } : {}),
  ...(doubtedAt > 0 ? { doubtedMs: doubtedAt - startedAt } : {}),
  complaints: complaints.map(({ deviceId, at }) => ({ device: ids.indexOf(deviceId), atMs: at - startedAt })),
})

const sfuFrom = (
  { node, fewSinceMs, complaints, doubtedMs }: StoredSfu,
  generation: number,
  startedAt: number,
  idAt: (index: number) => string,
): SfuPlace => ({
  node,
  generation,
  fewSince: fewSinceMs === undefined ? 0 : startedAt + fewSinceMs,
  complaints: complaints.map(({ device, atMs }) => ({ deviceId: idAt(device), at: startedAt + atMs })),
  doubtedAt: doubtedMs === undefined ? 0 : startedAt + doubtedMs,
})

/** Stores each id once; the document refers to it by index, from 1. The empty id has index 0. */
class IdTable {
  readonly #indexes = new Map<string, number>()

  indexOf(id: string): number {
    if (id === '') return 0
    const index = this.#indexes.get(id) ?? this.#indexes.size + 1
    this.#indexes.set(id, index)
    return index
  }

  get bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#indexes.size * ID_BYTES)
    for (const [id, index] of this.#indexes) bytes.set(uuidBytes(id), (index - 1) * ID_BYTES)
    return bytes
  }
}
