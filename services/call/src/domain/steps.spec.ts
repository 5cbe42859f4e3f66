import { InviteeState } from '@beseda/proto/call/v1/call_service'
import { expect, test } from 'vitest'
import { close, decline, expire, join, leave, remove, renew, start } from './call.js'
import type { CallChange } from './call-change.js'
import { AWAY_MS, type CallSession, LEASE_MS } from './session.js'
import { stepsOf } from './steps.js'

const [ann, bob, bobTablet] = [
  { userId: 'ann', deviceId: 'phone' },
  { userId: 'bob', deviceId: 'phone' },
  { userId: 'bob', deviceId: 'tablet' },
]
const group = {
  id: 'c',
  commandId: 'asked',
  groupId: 'g',
  direct: false,
  room: false,
  video: false,
  inviteeIds: ['bob'],
  busyIds: [],
  ringMs: 45_000,
  limits: { mesh: 2, most: 4 },
}
const stay = { move: false }

const ringing = start(undefined, group, ann, 0).session
const active = join(ringing, 'c', bob, stay, 0).session
const bobAway = renew(
  expire(renew(active, 'c', ann, 0, 10_000).session, LEASE_MS).session,
  'c',
  ann,
  0,
  LEASE_MS,
).session
const steps = (before: CallSession | undefined, { session, events }: CallChange) => stepsOf(before, session, events)

test.each<[string, CallSession | undefined, CallChange, string[]]>([
  ['starting', undefined, start(undefined, group, ann, 0), ['start']],
  ['starting again', ringing, start(ringing, group, ann, 1), []],
  ['starting where there is a call', ringing, start(ringing, { ...group, id: 'other' }, bob, 0), ['join']],
  [
    'calling one who is busy',
    undefined,
    start(undefined, { ...group, direct: true, busyIds: ['bob'] }, ann, 0),
    ['start', 'end'],
  ],
  ['joining', ringing, join(ringing, 'c', bob, stay, 0), ['join']],
  ['joining again', active, join(active, 'c', bob, stay, 1), []],
  ['moving', active, join(active, 'c', bobTablet, { move: true }, 1), ['move']],
  ['declining', ringing, decline(ringing, 'c', bob, 0), ['decline']],
  ['leaving', active, leave(active, 'c', bob, 0), ['leave']],
  ['the last one leaving', ringing, leave(ringing, 'c', ann, 0), ['leave', 'end']],
  ['renewing', active, renew(active, 'c', bob, 0, 1), []],
  [
    'a lease that runs out',
    renew(active, 'c', ann, 0, 10_000).session,
    expire(renew(active, 'c', ann, 0, 10_000).session, LEASE_MS),
    ['lapse'],
  ],
  ['returning', bobAway, renew(bobAway, 'c', bob, 0, LEASE_MS), ['return']],
  ['being removed', active, remove(active, 'bob', 0), ['leave']],
  ['closing', active, close(active, 1, 0), ['end']],
])('%s', (_, before, change, expected) => {
  expect(steps(before, change)).toEqual(expected)
})

test('a call that takes the place of one that has ended is a start, and nothing of the old one is counted again', () => {
  const over = close(active, 1, 0).session
  expect(steps(over, start(over, { ...group, id: 'next', commandId: 'next' }, bob, 1))).toEqual(['start'])
})

test('whose place is kept no longer is not counted as leaving: the lapse was', () => {
  const kept = renew(bobAway, 'c', ann, 0, AWAY_MS + LEASE_MS - 1).session
  expect(steps(kept, expire(kept, AWAY_MS + LEASE_MS))).toEqual([])
})

test('ringing that runs out is neither a decline nor a leave', () => {
  const rung = renew(ringing, 'c', ann, 0, 44_000).session
  const change = expire(rung, 45_000)
  expect(change.session.invitees[0]?.state).toBe(InviteeState.MISSED)
  expect(steps(rung, change)).toEqual([])
})
