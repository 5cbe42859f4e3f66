import { type BucketRate, isUuid, Refusal } from '@beseda/kernel'
import type { TokenVerifier } from '@beseda/platform'
import { signalSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { IncomingSignalSchema, type OutgoingSignal } from '@beseda/proto/gateway/v1/frames'
import { create, toBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import type { Rooms } from '../rooms/rooms.js'
import type { ClientSocket } from '../session/client-socket.js'
import type { RateLimits } from '../session/limits.js'
import { rebuildSignal } from './allow-list.js'
import type { CallParticipants } from './participants.js'

/** From one device to another. A negotiation with its candidates and acknowledgements is some 40 frames. */
const PAIR_RATE: BucketRate = { perMinute: 1_200, burst: 200 }
/** Of one device to all others: nine negotiations at once, and again when the network changes. */
const DEVICE_RATE: BucketRate = { perMinute: 6_000, burst: 1_500 }

export interface SignallingParts {
  readonly nats: NatsConnection
  readonly verifier: TokenVerifier
  readonly participants: CallParticipants
  readonly rooms: Pick<Rooms, 'find'>
  readonly limits: RateLimits
}

/** What a call token says. */
interface Claims {
  readonly callId: string
  readonly groupId: string
  readonly relayOnly: boolean
  /** Which stay of the device in the call. */
  readonly epoch: number
}

/** Passes signals on between the devices in a call. */
export class Signalling {
  constructor(private readonly parts: SignallingParts) {}

  /**
   * To one device of another participant. Call, sender and the sender's epoch are stamped from the call token, so that nobody can speak for
   * another. Errors: UNAUTHENTICATED, TOKEN_EXPIRED, RATE_LIMITED, NOT_A_MEMBER, NOT_IN_CALL, BAD_SIGNAL.
   */
  async forward(peer: ClientSocket, outgoing: OutgoingSignal): Promise<void> {
    const { toUserId, toDeviceId, seq, epoch, stream, ack, ackStream, signal } = outgoing
    if (!isUuid(toUserId) || !isUuid(toDeviceId)) throw new Refusal(ErrorReason.BAD_SIGNAL, { field: 'to' })
    this.#limit(peer, toDeviceId)
    const { callId, groupId, relayOnly, epoch: senderEpoch } = await this.#claims(peer, outgoing.callToken)
    await this.#requireIn(groupId, callId, peer, { userId: toUserId, deviceId: toDeviceId })
    const rebuilt = signal && rebuildSignal(signal, { relayOnly: relayOnly || outgoing.relayOnly })
    const incoming = create(IncomingSignalSchema, {
      callId,
      fromUserId: peer.userId,
      fromDeviceId: peer.deviceId,
      seq,
      epoch,
      ...(rebuilt ? { signal: rebuilt } : {}),
      stream,
      ack,
      ackStream,
      senderEpoch,
    })
    this.parts.nats.publish(signalSubject(toUserId, toDeviceId), toBinary(IncomingSignalSchema, incoming))
  }

  #limit({ deviceId }: ClientSocket, toDeviceId: string): void {
    const { limits } = this.parts
    const now = performance.now()
    const waitMs =
      limits.take(`${deviceId}:signal`, DEVICE_RATE, now) ||
      limits.take(`${deviceId}:signal:${toDeviceId}`, PAIR_RATE, now)
    if (waitMs > 0) throw new Refusal(ErrorReason.RATE_LIMITED, {}, waitMs)
  }

  async #claims(peer: ClientSocket, token: string): Promise<Claims> {
    const { sub, did, call, grp, rel, epo } = await this.parts.verifier.verify(token, 'call')
    const isTheirs = sub === peer.userId && did === peer.deviceId
    if (!isTheirs || typeof call !== 'string' || typeof grp !== 'string' || typeof epo !== 'number')
      throw new Refusal(ErrorReason.UNAUTHENTICATED)
    return { callId: call, groupId: grp, relayOnly: rel === true, epoch: epo }
  }

  /** A token is valid for minutes; who is in the call may be another a moment later. */
  async #requireIn(
    groupId: string,
    callId: string,
    peer: ClientSocket,
    to: { readonly userId: string; readonly deviceId: string },
  ) {
    const { rooms, participants } = this.parts
    if (!(await rooms.find(groupId))?.has(peer)) throw new Refusal(ErrorReason.NOT_A_MEMBER)
    if (!(await participants.areIn(groupId, callId, [peer, to], performance.now()))) {
      throw new Refusal(ErrorReason.NOT_IN_CALL)
    }
  }
}
