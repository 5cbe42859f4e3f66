import { newId } from '@beseda/kernel'
import { CallState } from '@beseda/proto/call/v1/call_service'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { SignalSchema } from '@beseda/proto/gateway/v1/frames'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { type Device, Installation, Person } from '@beseda/testkit'
import type { MessageInitShape } from '@bufbuild/protobuf'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** Changes of calls, and signals, through two real gateways. */
let beseda: Installation
beforeAll(async () => {
  beseda = await Installation.start()
})
afterAll(() => beseda?.stop())

/** Somebody with a socket; every second one on the other gateway. */
let count = 0
async function person() {
  const account = await Person.register(beseda.url)
  const socket = await account.connect(count++ % 2 === 0 ? beseda.url : beseda.url2)
  return { ...account, ...{ calls: account.calls, groups: account.groups, membership: account.membership }, socket }
}
type Someone = Awaited<ReturnType<typeof person>>

/** A group call with everybody in it. */
async function call(owner: Someone, others: readonly Someone[], outside: readonly Someone[] = []) {
  const memberIds = [...others, ...outside].map(({ userId }) => userId)
  const creation = { commandId: newId(), kind: GroupKind.GROUP, name: 'Choir', memberIds }
  const groupId = (await owner.groups.createGroup(creation)).group!.id
  const everybody = [owner, ...others, ...outside]
  await Promise.all(everybody.map(({ socket }) => socket.next('groupJoined', ({ head }) => head?.groupId === groupId)))
  const tokens = new Map<string, string>()
  const first = await owner.calls.startCall({ callId: newId(), groupId, ring: true })
  const callId = first.call!.id
  tokens.set(owner.userId, first.access!.token)
  for (const other of others) {
    const { access } = await other.calls.joinCall({ callId, groupId })
    tokens.set(other.userId, access!.token)
  }
  const tokenOf = ({ userId }: Someone) => tokens.get(userId) ?? ''
  return { groupId, callId, tokenOf }
}

type SignalInit = MessageInitShape<typeof SignalSchema>
const candidate = (text: string): SignalInit => ({
  signal: { case: 'candidate', value: { candidate: text, sdpMid: '0' } },
})
const HOST = candidate('candidate:1 1 udp 1 10.0.0.1 5000 typ host')

let seq = 0
function send(from: Someone, to: Someone, callToken: string, signal?: SignalInit, more = {}): number {
  const place = { toUserId: to.userId, toDeviceId: to.deviceId, seq: ++seq, stream: 7n }
  from.socket.send({ case: 'signal', value: { ...place, callToken, ...(signal ? { signal } : {}), ...more } })
  return seq
}
const comes = (device: Device, number: number) => device.next('signal', (frame) => frame.seq === number)
async function refusal({ socket }: Someone, number: number): Promise<string> {
  const { value } = await socket.next('signalRefused', (frame) => frame.seq === number)
  return ErrorReason[value.error?.info?.reason ?? 0] ?? '?'
}

test('every member of the group sees its call, and nobody else does', async () => {
  const [ann, bob, cat, eve] = [await person(), await person(), await person(), await person()]
  const { callId, groupId } = await call(ann, [bob], [cat])
  for (const { socket } of [ann, bob, cat]) {
    const { value } = await socket.next('callChanged', (change) => change.call?.state === CallState.ACTIVE)
    expect(value.call).toMatchObject({
      id: callId,
      groupId,
      participants: [{ userId: ann.userId }, { userId: bob.userId }],
    })
  }
  await ann.membership.removeMember({ commandId: newId(), groupId, userId: cat.userId })
  await cat.socket.next('groupLeft')
  await ann.calls.leaveCall({ callId, groupId })
  await bob.calls.leaveCall({ callId, groupId })
  const isOver = (change: { call?: { state: CallState } | undefined }) => change.call?.state === CallState.ENDED
  await bob.socket.next('callChanged', isOver)
  for (const { socket } of [cat, eve]) {
    expect(socket.frames.some((frame) => frame.case === 'callChanged' && isOver(frame.value))).toBe(false)
  }
})

describe('a signal', () => {
  test('arrives with the call and the sender of the token, and its own numbers', async () => {
    const [ann, bob] = [await person(), await person()]
    const { callId, tokenOf } = await call(ann, [bob])
    const number = send(ann, bob, tokenOf(ann), HOST, { epoch: 3, ack: 5, ackStream: 9n })
    const { value } = await comes(bob.socket, number)
    const stamped = { callId, fromUserId: ann.userId, fromDeviceId: ann.deviceId, epoch: 3 }
    expect(value).toMatchObject({ ...stamped, stream: 7n, ack: 5, ackStream: 9n, signal: HOST })
    expect(value.senderEpoch).toBe(1)
    const acknowledgement = send(bob, ann, tokenOf(bob), undefined, { ack: number })
    expect((await comes(ann.socket, acknowledgement)).value.signal).toBeUndefined()
  })

  test('carries the stay that the server counts: a device that joins again has a higher epoch and cannot claim another', async () => {
    const [ann, bob, cat] = [await person(), await person(), await person()]
    const { callId, groupId, tokenOf } = await call(ann, [bob, cat])
    const { value: before } = await comes(ann.socket, send(bob, ann, tokenOf(bob), HOST))
    await bob.calls.leaveCall({ callId, groupId })
    const { access } = await bob.calls.joinCall({ callId, groupId })
    const { value: now } = await comes(ann.socket, send(bob, ann, access!.token, HOST, { epoch: 9_999 }))
    expect(now.senderEpoch).toBeGreaterThan(before.senderEpoch)
    const { value: late } = await comes(ann.socket, send(bob, ann, tokenOf(bob), HOST))
    expect(late.senderEpoch).toBe(before.senderEpoch)
  })

  test('passes only between devices that are in the call', async () => {
    const [ann, bob, cat, eve] = [await person(), await person(), await person(), await person()]
    const { callId, groupId, tokenOf } = await call(ann, [bob], [cat])
    expect(await refusal(ann, send(ann, cat, tokenOf(ann), HOST))).toBe('NOT_IN_CALL')
    expect(await refusal(ann, send(ann, eve, tokenOf(ann), HOST))).toBe('NOT_IN_CALL')
    expect(await refusal(cat, send(cat, ann, tokenOf(ann), HOST))).toBe('UNAUTHENTICATED')
    expect(await refusal(eve, send(eve, ann, tokenOf(ann), HOST))).toBe('UNAUTHENTICATED')
    expect(await refusal(ann, send(ann, bob, 'x.y.z', HOST))).toBe('UNAUTHENTICATED')
    const { access } = await cat.calls.joinCall({ callId, groupId })
    await comes(ann.socket, send(cat, ann, access!.token, HOST))
    await comes(cat.socket, send(ann, cat, tokenOf(ann), HOST))
  })

  test('of somebody removed from the call or the group is refused at once, although the token still verifies', async () => {
    const [ann, bob, cat] = [await person(), await person(), await person()]
    const { callId, groupId, tokenOf } = await call(ann, [bob, cat])
    const { value: whole } = await ann.socket.next('callChanged', ({ call: now }) => now?.participants.length === 3)
    // Before the others joined the call had fewer participants, too.
    const hasOnly =
      (participants: number) => (change: { call?: { participants: unknown[]; revision: number } | undefined }) =>
        change.call?.participants.length === participants && change.call.revision > (whole.call?.revision ?? 0)
    await comes(ann.socket, send(bob, ann, tokenOf(bob), HOST))
    await ann.calls.removeParticipant({ callId, groupId, userId: bob.userId })
    await bob.socket.next('callChanged', hasOnly(2))
    expect(await refusal(bob, send(bob, ann, tokenOf(bob), HOST))).toBe('NOT_IN_CALL')
    await ann.membership.banMember({ commandId: newId(), groupId, userId: cat.userId })
    await cat.socket.next('groupLeft')
    expect(await refusal(cat, send(cat, ann, tokenOf(cat), HOST))).toBe('NOT_A_MEMBER')
    await ann.socket.next('callChanged', hasOnly(1))
    expect(await refusal(ann, send(ann, cat, tokenOf(ann), HOST))).toBe('NOT_IN_CALL')
  })

  test('that is bad is refused with the field and not forwarded; the next one is forwarded', async () => {
    const [ann, bob] = [await person(), await person()]
    const { tokenOf } = await call(ann, [bob])
    const evil: SignalInit = { signal: { case: 'description', value: { type: 'offer', sdp: 'evil' } } }
    const number = send(ann, bob, tokenOf(ann), evil)
    expect(await refusal(ann, number)).toBe('BAD_SIGNAL')
    await comes(bob.socket, send(ann, bob, tokenOf(ann), HOST))
    expect(bob.socket.frames.some((frame) => frame.case === 'signal' && frame.value.seq === number)).toBe(false)
  })

  test('of somebody who hides their address contains relays only', async () => {
    const [ann, bob] = [await person(), await person()]
    const { tokenOf } = await call(ann, [bob])
    const hidden = await comes(bob.socket, send(ann, bob, tokenOf(ann), HOST, { relayOnly: true }))
    expect(hidden.value.signal).toBeUndefined()
    const relay = candidate('candidate:1 1 udp 1 198.51.100.1 5000 typ relay raddr 10.0.0.1 rport 9')
    const { value } = await comes(bob.socket, send(ann, bob, tokenOf(ann), relay, { relayOnly: true }))
    expect(value.signal?.signal.value).toMatchObject({
      candidate: 'candidate:1 1 udp 1 198.51.100.1 5000 typ relay raddr 0.0.0.0 rport 0',
    })
  })

  test('beyond a burst of two hundred to one device has to wait; those to other devices do not', async () => {
    const [ann, bob, cat] = [await person(), await person(), await person()]
    const { tokenOf } = await call(ann, [bob, cat])
    // The bucket refills by 20 a second: even a machine that takes half a minute to receive 1,000 refuses the last one.
    const numbers = Array.from({ length: 1_000 }, () => send(ann, bob, tokenOf(ann), HOST))
    expect(await refusal(ann, numbers.at(-1)!)).toBe('RATE_LIMITED')
    await comes(bob.socket, numbers[0]!)
    await comes(cat.socket, send(ann, cat, tokenOf(ann), HOST))
  })
})
