import { CallSchema, CallState, InviteeState } from '@beseda/proto/call/v1/call_service'
import { GroupKind } from '@beseda/proto/group/v1/events'
import { NotificationLevel } from '@beseda/proto/notify/v1/events'
import { DEFAULT_PREFERENCE } from '@beseda/rules'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import { mayRing, ringingOf } from './ringing.js'

const call = (state: CallState, invitee: InviteeState) =>
  create(CallSchema, {
    id: 'c',
    state,
    ringExpiresAt: timestampFromMs(1_000),
    invitees: [{ userId: 'ann', state: invitee }],
  })
const forAnn = (state: CallState, invitee: InviteeState, now = 500) => ringingOf(call(state, invitee), now).get('ann')

test.each([
  ['RINGING', 'RINGING', { kind: 'rings', until: 1_000 }],
  ['ACTIVE', 'RINGING', { kind: 'rings', until: 1_000 }],
  ['ACTIVE', 'JOINED', { kind: 'over', missed: false }],
  ['ACTIVE', 'DECLINED', { kind: 'over', missed: false }],
  ['ENDED', 'MISSED', { kind: 'over', missed: true }],
  ['ENDED', 'RINGING', { kind: 'over', missed: true }],
  ['RINGING', 'BUSY', undefined],
] as const)('in a call that is %s, to somebody who is %s: %o', (state, invitee, ringing) => {
  expect(forAnn(CallState[state], InviteeState[invitee])).toEqual(ringing)
})

test('ringing that has run out is over, and missed', () => {
  expect(forAnn(CallState.RINGING, InviteeState.RINGING, 1_000)).toEqual({ kind: 'over', missed: true })
})

test('it rings unless the person wants nothing of the group, of the caller, or at all', () => {
  const group = { kind: GroupKind.GROUP, archived: false }
  const person = { preference: DEFAULT_PREFERENCE, quietHours: undefined, hasBlockedCaller: false, doNotDisturb: false }
  const level = (chosen: NotificationLevel) => ({ ...person, preference: { level: chosen, mutedUntil: 0 } })
  expect(mayRing(group, person, 1)).toBe(true)
  expect(mayRing(group, level(NotificationLevel.MENTIONS), 1)).toBe(true)
  expect(mayRing(group, level(NotificationLevel.NOTHING), 1)).toBe(false)
  expect(mayRing({ ...group, archived: true }, person, 1)).toBe(false)
  expect(mayRing(group, { ...person, hasBlockedCaller: true }, 1)).toBe(false)
  expect(mayRing(group, { ...person, doNotDisturb: true }, 1)).toBe(false)
})
