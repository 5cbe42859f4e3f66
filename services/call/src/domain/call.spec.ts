import { Refusal, RING_SECONDS } from '@beseda/kernel'
import { CallState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import {
  ALONE_MS,
  accept,
  type CallChange,
  type CallSession,
  decline,
  expire,
  LEASE_MS,
  leave,
  nextDeadline,
  renew,
  start,
} from './call.js'

const ann = { userId: 'ann', deviceId: 'ann-laptop' }
const bob = { userId: 'bob', deviceId: 'bob-phone' }
const bobTablet = { userId: 'bob', deviceId: 'bob-tablet' }
const call = { id: 'c', groupId: 'g', calleeId: 'bob', video: true, busy: false }
const ringing = () => start(undefined, call, ann, 1_000).session
const active = () => accept(ringing(), 'c', bob, 2_000).session
const cases = ({ events }: CallChange) => events.map((event) => event.case)
const reasonOf = (work: () => unknown) => {
  try {
    work()
    return 'accepted'
  } catch (error) {
    return error instanceof Refusal ? ErrorReason[error.reason] : error
  }
}

test('rings, is answered, is hung up by either', () => {
  expect(ringing()).toMatchObject({ state: CallState.RINGING, participants: [ann] })
  expect(active()).toMatchObject({ state: CallState.ACTIVE, answeredAt: 2_000, participants: [ann, bob] })
  const over = leave(active(), 'c', bob, 62_000)
  expect(over.session).toMatchObject({ state: CallState.ENDED, endReason: CallEndReason.HANG_UP, participants: [] })
  expect(over.events.at(-1)?.value).toMatchObject({ durationS: 60 })
})

test('both call at once: one call', () => {
  const glare = start(ringing(), { ...call, id: 'other', calleeId: 'ann' }, bob, 1_100)
  expect(glare.session).toMatchObject({ id: 'c', state: CallState.ACTIVE, participants: [ann, bob] })
})

test('the first device answers, the second is told so, the first may ask again', () => {
  expect(reasonOf(() => accept(active(), 'c', bobTablet, 2_001))).toBe('CALL_ANSWERED_ELSEWHERE')
  expect(cases(accept(active(), 'c', bob, 2_001))).toEqual([])
})

test.each([
  ['declined', (session: CallSession) => decline(session, 'c', bobTablet, 3_000), CallEndReason.DECLINED],
  ['cancelled', (session: CallSession) => leave(session, 'c', ann, 3_000), CallEndReason.CANCELLED],
  [
    'missed',
    (session: CallSession) =>
      expire(renew(renew(session, 'c', ann, 20_000).session, 'c', ann, 39_000).session, 1_000 + RING_SECONDS * 1000),
    CallEndReason.MISSED,
  ],
  [
    'cancelled by a caller who vanished',
    (session: CallSession) => expire(session, 1_000 + LEASE_MS),
    CallEndReason.CANCELLED,
  ],
])('a ringing call is %s', (_, how, endReason) => {
  expect(how(ringing()).session).toMatchObject({ state: CallState.ENDED, endReason })
})

test('a busy person is not rung, and the call is in the history', () => {
  const busy = start(undefined, { ...call, busy: true }, ann, 1_000)
  expect(busy.session).toMatchObject({ state: CallState.ENDED, endReason: CallEndReason.BUSY })
  expect(cases(busy)).toEqual(['callStarted', 'callJoined', 'callEnded'])
})

test('who loses the network is back by renewing; the other waits, but not for ever', () => {
  const renewed = renew(active(), 'c', ann, 21_000).session
  const alone = expire(renewed, 22_000)
  expect(cases(alone)).toEqual(['callLeft'])
  expect(alone.session.participants).toMatchObject([ann])
  const back = renew(alone.session, 'c', bob, 30_000)
  expect(cases(back)).toEqual(['callJoined'])
  expect(back.session.aloneSince).toBe(0)
  let waiting = alone.session
  for (let now = 25_000; now < 22_000 + ALONE_MS; now += 7_000) waiting = renew(waiting, 'c', ann, now).session
  expect(expire(waiting, 22_000 + ALONE_MS).session.endReason).toBe(CallEndReason.LOST)
})

test('strangers and wrong ids are refused', () => {
  expect(reasonOf(() => accept(ringing(), 'x', bob, 1))).toBe('CALL_NOT_FOUND')
  expect(reasonOf(() => renew(ringing(), 'c', { userId: 'eve', deviceId: 'e' }, 1))).toBe('CALL_NOT_FOUND')
  expect(reasonOf(() => decline(ringing(), 'c', ann, 1))).toBe('NOT_PERMITTED')
  expect(reasonOf(() => accept(leave(active(), 'c', ann, 3_000).session, 'c', bob, 4_000))).toBe('CALL_ENDED')
})

test('whatever happens: revisions only rise, an ended call is empty, and every live call has a deadline', () => {
  const device = fc.constantFrom(ann, bob, bobTablet)
  const step = fc.tuple(
    fc.constantFrom(accept, decline, leave, renew, 'expire' as const, 'start' as const),
    device,
    fc.nat(30_000),
  )
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      let session = ringing()
      let now = 1_000
      for (const [action, who, wait] of steps) {
        now += wait
        const before = session
        try {
          if (action === 'expire') session = expire(session, now).session
          else if (action === 'start') session = start(session, { ...call, id: `c${now}` }, who, now).session
          else session = action(session, session.id, who, now).session
        } catch (error) {
          if (!(error instanceof Refusal)) throw error
        }
        if (session.id === before.id) expect(session.revision).toBeGreaterThanOrEqual(before.revision)
        if (session.state === CallState.ENDED) expect(session.participants).toEqual([])
        else expect(nextDeadline(session)).toBeGreaterThan(0)
        expect(new Set(session.participants.map(({ userId }) => userId)).size).toBe(session.participants.length)
      }
    }),
  )
})
