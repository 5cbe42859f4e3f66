import { newId, Refusal } from '@beseda/kernel'
import { signalSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { IncomingSignalSchema, OutgoingSignalSchema } from '@beseda/proto/gateway/v1/frames'
import { create, fromBinary, type MessageInitShape } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { RateLimits } from '../session/limits.js'
import { FakeSocket, TestGateway } from '../testing/fixture.js'
import { SilentBus } from '../testing/silent-bus.js'
import { Signalling } from './forward.js'

type Outgoing = MessageInitShape<typeof OutgoingSignalSchema>

const HOST = 'candidate:1 1 udp 1 10.0.0.1 5000 typ host'
const candidate = (text: string) => ({
  signal: { case: 'candidate' as const, value: { candidate: text, sdpMid: '0' } },
})
const refused = (reason: ErrorReason) => expect.objectContaining({ reason })

/** Ann's socket in her group, and a call with Bob that a test may end. */
async function call({ relayOnly = false } = {}) {
  const gateway = new TestGateway()
  const bus = new SilentBus()
  const room = gateway.room('g')
  const socket = gateway.socket(newId())
  await room.attach(socket, 0)
  const state = { isOn: true, verified: 0 }
  const limits = new RateLimits()
  const keys = new Set<string>()
  const signalling = new Signalling({
    nats: bus.connection,
    tokens: {
      claims: async (_, token) => {
        state.verified++
        if (token !== 'token') throw new Refusal(ErrorReason.UNAUTHENTICATED)
        return { callId: 'call', groupId: 'g', relayOnly, epoch: 7 }
      },
    },
    participants: { areIn: async () => state.isOn },
    rooms: { find: async (groupId) => (groupId === 'g' ? room : undefined) },
    limits: {
      // Time stands still: on a slow machine a limit would fill again while a test uses it up.
      take(key, rate) {
        keys.add(key)
        return limits.take(key, rate, 1_000)
      },
    },
  })
  const bob = { toUserId: newId(), toDeviceId: newId() }
  const usual: Outgoing = { ...bob, callToken: 'token', seq: 1, signal: candidate(HOST) }
  const forward = (change: Outgoing = {}, from: FakeSocket = socket) =>
    signalling.forward(from, create(OutgoingSignalSchema, Object.assign({}, usual, change)))
  const forwarded = () => bus.published.map(({ data }) => fromBinary(IncomingSignalSchema, data))
  return { gateway, room, socket, state, keys, bus, bob, forward, forwarded }
}

describe('a signal', () => {
  test('goes to one device, stamped with call, sender and stay', async () => {
    const { socket, bus, bob, forward, forwarded } = await call()
    await forward({ seq: 3, epoch: 2, stream: 9n, ack: 1, ackStream: 8n })
    expect(bus.published.map(({ subject }) => subject)).toEqual([signalSubject(bob.toUserId, bob.toDeviceId)])
    expect(forwarded()[0]).toMatchObject({
      ...{ callId: 'call', fromUserId: socket.userId, fromDeviceId: socket.deviceId, senderEpoch: 7 },
      ...{ seq: 3, epoch: 2, stream: 9n, ack: 1, ackStream: 8n },
    })
  })

  test('stops with the call, although the token still verifies', async () => {
    const { state, bus, forward } = await call()
    await forward()
    state.isOn = false
    await expect(forward()).rejects.toEqual(refused(ErrorReason.NOT_IN_CALL))
    expect(bus.published).toHaveLength(1)
  })

  test('stops when its sender is removed from the group', async () => {
    const { room, socket, bus, forward } = await call()
    room.detach(socket)
    await expect(forward()).rejects.toEqual(refused(ErrorReason.NOT_A_MEMBER))
    expect(bus.published).toEqual([])
  })

  test.each<[string, Outgoing, ErrorReason]>([
    ['another token', { callToken: 'x' }, ErrorReason.UNAUTHENTICATED],
    ['a receiver that is a wildcard', { toDeviceId: '*' }, ErrorReason.BAD_SIGNAL],
    ['a person that is none', { toUserId: '' }, ErrorReason.BAD_SIGNAL],
    ['a candidate that is none', { signal: candidate('evil') }, ErrorReason.BAD_SIGNAL],
  ])('with %s is refused', async (_, change, reason) => {
    const { bus, forward } = await call()
    await expect(forward(change)).rejects.toEqual(refused(reason))
    expect(bus.published).toEqual([])
  })

  test.each([
    ['the token hides addresses', true, false, false],
    ['an older client says it with the signal', false, true, false],
    ['nobody hides addresses', false, false, true],
  ])('%s', async (_, relayOnly, said, isForwarded) => {
    const { forward, forwarded } = await call({ relayOnly })
    await forward({ relayOnly: said })
    expect(forwarded()[0]?.signal !== undefined).toBe(isForwarded)
  })

  test('beyond the rate of a pair waits; other receivers do not', async () => {
    const { forward } = await call()
    for (let i = 0; i < 200; i++) await forward()
    await expect(forward()).rejects.toEqual(refused(ErrorReason.RATE_LIMITED))
    await forward({ toDeviceId: newId() })
  })

  test('beyond the rate of its device waits, before its token is checked', async () => {
    const { state, forward } = await call()
    const attempts = Array.from({ length: 3_000 }, () => forward({ callToken: 'x', toDeviceId: newId() }))
    const outcomes = await Promise.allSettled(attempts)
    const limited = { status: 'rejected', reason: refused(ErrorReason.RATE_LIMITED) }
    expect(outcomes.at(-1)).toEqual(limited)
    expect(state.verified).toBeLessThan(attempts.length)
  })

  test('is not held up by somebody else who says that their device has the same id', async () => {
    const { gateway, socket, forward } = await call()
    const thief = Object.assign(gateway.socket(newId()), { deviceId: socket.deviceId })
    await Promise.allSettled(Array.from({ length: 3_000 }, () => forward({ callToken: 'x' }, thief)))
    await expect(forward({ callToken: 'x' }, thief)).rejects.toEqual(refused(ErrorReason.RATE_LIMITED))
    await forward()
  })

  test('with a token that is none, or to a device that is not in the call, takes no place among the limits', async () => {
    const { state, keys, forward } = await call()
    await expect(forward({ callToken: 'x' })).rejects.toEqual(refused(ErrorReason.UNAUTHENTICATED))
    state.isOn = false
    await expect(forward({ toDeviceId: newId() })).rejects.toEqual(refused(ErrorReason.NOT_IN_CALL))
    expect(keys.size).toBe(1)
  })
})
