import { CallState, InviteeState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { CallSession } from '../../domain/session.js'
import { callDocumentCodec } from './call-documents.js'

const START = Date.UTC(2026, 10, 25)
const id = fc.uuid()
const device = fc.oneof(id, fc.constant(''))
/** Replicas do not have one clock: a time may lie before the start. */
const time = fc.integer({ min: -5_000, max: 12 * 3_600_000 }).map((ms) => START + ms)
const number = fc.integer({ min: 0, max: 2 ** 31 })
const place = { userId: id, deviceId: device, joinedAt: time, epoch: number }
const state = fc.constantFrom(CallState.RINGING, CallState.ACTIVE, CallState.ENDED)
const invitee = fc.record({
  userId: id,
  state: fc.constantFrom(InviteeState.RINGING, InviteeState.JOINED, InviteeState.MISSED),
  deviceId: device,
})
const recording = fc.record({
  id,
  commandId: device,
  userId: id,
  deviceId: device,
  startedAt: time,
  soundOnly: fc.boolean(),
  paused: fc.boolean(),
  agreed: fc.array(id, { maxLength: 9 }),
  refused: fc.array(id, { maxLength: 9 }),
})
const plain = fc.record({
  id,
  commandId: fc.oneof(fc.constant(''), id),
  groupId: id,
  callerId: id,
  direct: fc.boolean(),
  room: fc.boolean(),
  video: fc.boolean(),
  state,
  startedAt: fc.constant(START),
  answeredAt: fc.oneof(fc.constant(0), time),
  ringExpiresAt: time,
  participants: fc.array(fc.record({ ...place, leaseUntil: time }), { maxLength: 10 }),
  away: fc.array(fc.record({ ...place, until: time }), { maxLength: 10 }),
  invitees: fc.array(invitee, { maxLength: 24 }),
  revision: number,
  endReason: fc.constantFrom(CallEndReason.UNSPECIFIED, CallEndReason.LOST),
  recording: fc.oneof(fc.constant(undefined), recording),
  recorded: device,
  limits: fc.record({ mesh: fc.integer({ min: 2, max: 10 }), most: fc.integer({ min: 2, max: 300 }) }),
})
const sfu = fc.record({
  node: fc.webUrl(),
  fewSince: fc.oneof(fc.constant(0), time),
  complaints: fc.array(fc.record({ deviceId: id, at: time }), { maxLength: 3 }),
  doubtedAt: fc.oneof(fc.constant(0), time),
})
const session: fc.Arbitrary<CallSession> = fc
  .tuple(plain, fc.option(sfu, { nil: undefined }), number)
  .map(([call, place, generation]) => ({ ...call, generation, sfu: place && { ...place, generation } }))
const pending = fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 3 })

test('a stored document decodes to the same session and pending commits', () => {
  fc.assert(
    fc.property(fc.record({ session, pending }), (document) => {
      expect(callDocumentCodec.decode(callDocumentCodec.encode(document))).toEqual(document)
    }),
  )
})

test('a call of ten people takes less than a kilobyte', () => {
  const people = Array.from({ length: 10 }, (_, i) => ({ userId: uuid(i), deviceId: uuid(100 + i) }))
  const later = START + 3_600_000
  const call: CallSession = {
    id: uuid(200),
    commandId: uuid(202),
    groupId: uuid(201),
    callerId: uuid(0),
    direct: false,
    room: false,
    video: true,
    state: CallState.ACTIVE,
    startedAt: START,
    answeredAt: later,
    ringExpiresAt: later,
    participants: people.map((one) => ({ ...one, joinedAt: later, leaseUntil: later, epoch: 1_000 })),
    away: [],
    invitees: people.slice(1).map((one) => ({ ...one, state: InviteeState.JOINED })),
    revision: 1_000,
    endReason: CallEndReason.UNSPECIFIED,
    recording: undefined,
    recorded: '',
    limits: { mesh: 10, most: 50 },
    sfu: undefined,
    generation: 0,
  }
  expect(callDocumentCodec.encode({ session: call, pending: [] }).length).toBeLessThan(800)
})

const uuid = (n: number) => `00000000-0000-7000-8000-${n.toString(16).padStart(12, '0')}`
