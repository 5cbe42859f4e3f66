import { isUuid, Refusal } from '@beseda/kernel'
import type { TokenVerifier } from '@beseda/platform'
import { signalSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { IncomingSignalSchema, type OutgoingSignal } from '@beseda/proto/gateway/v1/frames'
import { create, toBinary } from '@bufbuild/protobuf'
import type { NatsConnection } from '@nats-io/nats-core'
import type { Peer } from '../session/peer.js'
import { checkSignal } from './allow-list.js'

/**
 * Passes a signal on to one device of the other participant. The call and the sender are stamped from the call token, so
 * that nobody can speak for another. Errors: UNAUTHENTICATED, TOKEN_EXPIRED, BAD_SIGNAL.
 */
export async function forwardSignal(
  nats: NatsConnection,
  verifier: TokenVerifier,
  peer: Peer,
  { callToken, toUserId, toDeviceId, seq, epoch, signal, stream, ack, ackStream }: OutgoingSignal,
): Promise<void> {
  const { sub, did, call } = await verifier.verify(callToken, 'call')
  if (sub !== peer.userId || did !== peer.deviceId || typeof call !== 'string') {
    throw new Refusal(ErrorReason.UNAUTHENTICATED)
  }
  if (!isUuid(toUserId) || !isUuid(toDeviceId)) throw new Refusal(ErrorReason.BAD_SIGNAL, { field: 'to' })
  if (signal) checkSignal(signal)
  const incoming = create(IncomingSignalSchema, {
    callId: call,
    fromUserId: peer.userId,
    fromDeviceId: peer.deviceId,
    seq,
    epoch,
    ...(signal ? { signal } : {}),
    stream,
    ack,
    ackStream,
  })
  nats.publish(signalSubject(toUserId, toDeviceId), toBinary(IncomingSignalSchema, incoming))
}
