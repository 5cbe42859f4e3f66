import { type BucketRate, isUuid, Refusal } from '@beseda/kernel'
import { signalSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { IncomingSignalSchema, type OutgoingSignal } from '@beseda/proto/gateway/v1/frames'
import { create, toBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import type { Rooms } from '../rooms/rooms.js'
import { type ClientSocket, deviceKey } from '../session/client-socket.js'
import type { RateLimits } from '../session/limits.js'
import { rebuildSignal } from './allow-list.js'
import type { CallClaims, CallTokens } from './call-tokens.js'
import type { CallParticipants } from './participants.js'

/** From one device to another. A negotiation with its candidates and acknowledgements is some 40 frames. */
const PAIR_RATE: BucketRate = { perMinute: 1_200, burst: 200 }
/** Of one device to all others: nine negotiations at once, and again when the network changes. */
const DEVICE_RATE: BucketRate = { perMinute: 6_000, burst: 1_500 }

export interface SignallingParts {
  readonly nats: Pick<NatsConnection, 'publish'>
  readonly tokens: Pick<CallTokens, 'claims'>
  readonly participants: Pick<CallParticipants, 'areIn'>
  readonly rooms: Pick<Rooms, 'find'>
  readonly limits: Pick<RateLimits, 'take'>
}

interface Device {
  readonly userId: string
  readonly deviceId: string
}

/** Forwards signals between the devices in a call. */
export class Signalling {
  constructor(private readonly parts: SignallingParts) {}

  /**
   * To one device of another participant. Call, sender and the sender's epoch are stamped from the call token, so that nobody can speak for
   * another. Errors: UNAUTHENTICATED, TOKEN_EXPIRED, RATE_LIMITED, NOT_A_MEMBER, NOT_IN_CALL, BAD_SIGNAL.
   */
  async forward(socket: ClientSocket, outgoing: OutgoingSignal): Promise<void> {
    const { toUserId, toDeviceId, seq, epoch, stream, ack, ackStream, signal } = outgoing
    if (!isUuid(toUserId) || !isUuid(toDeviceId)) throw new Refusal(ErrorReason.BAD_SIGNAL, { field: 'to' })
    this.#limit(`${deviceKey(socket)}:signal`, DEVICE_RATE)
    const claims = await this.parts.tokens.claims(socket, outgoing.callToken, Date.now())
    await this.#requireInCall(claims, socket, { userId: toUserId, deviceId: toDeviceId })
    // Only now: ids that a client makes up would push the buckets of others out.
    this.#limit(`${deviceKey(socket)}:signal:${toUserId}.${toDeviceId}`, PAIR_RATE)
    const rebuilt = signal && rebuildSignal(signal, { relayOnly: isRelayOnly(claims, outgoing) })
    const incoming = create(IncomingSignalSchema, {
      callId: claims.callId,
      fromUserId: socket.userId,
      fromDeviceId: socket.deviceId,
      seq,
      epoch,
      ...(rebuilt ? { signal: rebuilt } : {}),
      stream,
      ack,
      ackStream,
      senderEpoch: claims.epoch,
    })
    this.parts.nats.publish(signalSubject(toUserId, toDeviceId), toBinary(IncomingSignalSchema, incoming))
  }

  #limit(key: string, rate: BucketRate): void {
    const waitMs = this.parts.limits.take(key, rate, performance.now())
    if (waitMs > 0) throw new Refusal(ErrorReason.RATE_LIMITED, {}, waitMs)
  }

  /** A token is valid for minutes; the call may end, and its members and participants change, a moment after it was made. */
  async #requireInCall({ groupId, callId }: CallClaims, socket: ClientSocket, to: Device): Promise<void> {
    const { rooms, participants } = this.parts
    if (!(await rooms.find(groupId))?.has(socket)) throw new Refusal(ErrorReason.NOT_A_MEMBER)
    if (!(await participants.areIn(groupId, callId, [socket, to], performance.now()))) {
      throw new Refusal(ErrorReason.NOT_IN_CALL)
    }
  }
}

/** The token decides. The field of the frame is honoured for older clients, which say it with every signal. */
const isRelayOnly = ({ relayOnly }: CallClaims, outgoing: OutgoingSignal): boolean => relayOnly || outgoing.relayOnly
