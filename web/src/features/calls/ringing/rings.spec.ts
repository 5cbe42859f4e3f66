import {
  type Call,
  CallSchema,
  CallState,
  InviteeSchema,
  InviteeState,
  ParticipantSchema,
} from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { create } from '@bufbuild/protobuf'
import { describe, expect, test } from 'vitest'
import { endingOf, farewellOf, participationOf, ringEnd, ringsFor } from './rings.js'

const invited = (state: InviteeState, answeredByDeviceId = '', more: Partial<Call> = {}): Call =>
  create(CallSchema, {
    state: CallState.RINGING,
    ...more,
    invitees: [create(InviteeSchema, { userId: 'me', state, answeredByDeviceId })],
  } as never)

describe('ringing', () => {
  test('rings only for invited people, and only while the call lives', () => {
    expect(ringsFor(invited(InviteeState.RINGING), 'me')).toBe(true)
    expect(ringsFor(invited(InviteeState.RINGING), 'other')).toBe(false)
    expect(ringsFor(invited(InviteeState.BUSY), 'me')).toBe(false)
    expect(ringsFor(invited(InviteeState.RINGING, '', { state: CallState.ENDED }), 'me')).toBe(false)
  })

  test.each([
    ['answered on another device', invited(InviteeState.JOINED, 'phone'), 'calls.elsewhere'],
    ['answered here', invited(InviteeState.JOINED, 'laptop'), undefined],
    ['declined on another device', invited(InviteeState.DECLINED, 'phone'), 'calls.declinedElsewhere'],
    ['declined here', invited(InviteeState.DECLINED, 'laptop'), undefined],
    ['missed', invited(InviteeState.MISSED, '', { endReason: CallEndReason.MISSED }), 'calls.missed'],
    ['cancelled', invited(InviteeState.MISSED, '', { endReason: CallEndReason.CANCELLED }), 'calls.missed'],
  ])('ends: %s', (_, call, sentence) => {
    expect(ringEnd(call, 'me', 'laptop')).toBe(sentence)
  })
})

test('where somebody takes part', () => {
  const at = (deviceId: string) => create(ParticipantSchema, { userId: 'me', deviceId })
  expect(participationOf(create(CallSchema, { participants: [at('laptop')] }), 'me', 'laptop')).toBe('here')
  expect(participationOf(create(CallSchema, { away: [at('laptop')] }), 'me', 'laptop')).toBe('here')
  expect(participationOf(create(CallSchema, { participants: [at('phone')] }), 'me', 'laptop')).toBe('elsewhere')
  expect(participationOf(create(CallSchema, {}), 'me', 'laptop')).toBe('none')
})

test('every reason for an end has its sentence', () => {
  for (const reason of Object.values(CallEndReason))
    if (typeof reason === 'number') expect(endingOf(reason)).toMatch(/^calls\./)
})

test.each([
  [{ why: 'ended', reason: CallEndReason.BUSY }, 'calls.endedBusy'],
  [{ why: 'refused', reason: ErrorReason.CALL_FULL }, 'errors.CALL_FULL'],
  [{ why: 'elsewhere' }, 'calls.movedAway'],
  [{ why: 'window' }, 'calls.tookOver'],
  [{ why: 'removed' }, 'calls.removed'],
] as const)('a person who has left the call sees why: %o', (parting, sentence) => {
  expect(farewellOf(parting)).toBe(sentence)
})
