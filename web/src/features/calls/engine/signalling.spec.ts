import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { IncomingSignalSchema, type OutgoingSignal, SignalRefusedSchema } from '@beseda/proto/gateway/v1/frames'
import { create, type MessageInitShape } from '@bufbuild/protobuf'
import { expect, test } from 'vitest'
import { TestClock } from '../../../time/test-clock.js'
import { askAnew } from './peer/signals.js'
import { Signalling } from './signalling.js'

/** One device that hears another. */
function listener() {
  const heard: number[] = []
  const sent: OutgoingSignal[] = []
  const signalling = new Signalling({
    clock: new TestClock(),
    firstStream: () => 1,
    token: () => 'token',
    post: (frame) => sent.push(frame),
    onSignal: (_, __, epoch) => heard.push(epoch) > 0,
    onAnew: () => undefined,
  })
  const receive = (frame: MessageInitShape<typeof IncomingSignalSchema>): void =>
    signalling.receive(create(IncomingSignalSchema, { fromUserId: 'bob', fromDeviceId: 'phone', ...frame }))
  return { heard, sent, signalling, receive }
}
const parcel = (seq: number, epoch: number, senderEpoch = 0, stream = 1n) => ({
  seq,
  epoch,
  senderEpoch,
  stream,
  signal: askAnew(),
})

test('signals of an earlier stay are dropped once a newer stay is known', () => {
  const { heard, receive } = listener()
  receive(parcel(1, 10, 4))
  receive(parcel(1, 20, 7, 2n))
  receive(parcel(2, 11, 4))
  receive(parcel(2, 21, 4, 2n))
  expect(heard).toEqual([10, 20])
  // It is sent again with the token of the new stay.
  receive(parcel(2, 21, 7, 2n))
  expect(heard).toEqual([10, 20, 21])
})

test('each signal arrives once and in order, whatever the order of its frames', () => {
  const { heard, receive } = listener()
  for (const seq of [2, 1, 2, 3]) receive(parcel(seq, seq))
  expect(heard).toEqual([1, 2, 3])
})

test('a signal that the gateway never passes on leaves an empty frame in its place', () => {
  const { sent, signalling } = listener()
  signalling.send('bob', 'phone', askAnew(), 1)
  const [{ seq, stream } = { seq: 0, stream: 0n }] = sent
  const error = { info: { reason: ErrorReason.BAD_SIGNAL } }
  signalling.refused(create(SignalRefusedSchema, { toDeviceId: 'phone', seq, stream, error }))
  expect(sent.at(-1)).toMatchObject({ seq, stream })
  expect(sent.at(-1)?.signal).toBeUndefined()
})

test('a page whose clock was put back is heard as soon as its stay is newer', () => {
  const { heard, receive } = listener()
  receive(parcel(1, 10, 4, 3_600n))
  receive(parcel(1, 20, 4, 2n))
  expect(heard).toEqual([10])
  receive(parcel(1, 20, 5, 2n))
  receive(parcel(2, 21, 5, 2n))
  expect(heard).toEqual([10, 20, 21])
})
