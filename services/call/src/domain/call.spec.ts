import { CallState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { describe, expect, test } from 'vitest'
import { close, closePage, decline, expire, join, leave, remove, renew, start, vacate } from './call.js'
import { AWAY_MS, CALL_LIMIT, type CallSession, LEASE_MS, MAX_CALL_MS, nextDeadline, PAGE_MS } from './session.js'
import {
  active,
  ann,
  bob,
  bobTablet,
  call,
  cases,
  cat,
  groupCall,
  keep,
  RING_END,
  reasonOf,
  ringing,
  stateOf,
  stay,
  T,
} from './testing.js'

describe('a call of two', () => {
  test('rings, is answered, is hung up by either', () => {
    expect(ringing()).toMatchObject({ state: CallState.RINGING, participants: [ann] })
    expect(active()).toMatchObject({ state: CallState.ACTIVE, answeredAt: 2_000, participants: [ann, bob] })
    expect(stateOf(active(), 'bob')).toBe('JOINED')
    const over = leave(active(), 'c', bob, 62_000)
    expect(cases(over)).toEqual(['callLeft', 'callEnded'])
    expect(over.session).toMatchObject({ state: CallState.ENDED, endReason: CallEndReason.HANG_UP })
    expect(over.events.at(-1)?.value).toMatchObject({ durationS: 60 })
  })

  test('rings as long as the operator has chosen', () => {
    const short = ringing({ ...call, ringMs: 5_000 })
    expect(expire(short, T + 4_999).session.state).toBe(CallState.RINGING)
    expect(expire(short, T + 5_000).session.endReason).toBe(CallEndReason.MISSED)
  })

  test('both ring each other: one call, both in it', () => {
    const glare = start(ringing(), { ...call, id: 'other', commandId: 'another', inviteeIds: ['ann'] }, bob, 1_100)
    expect(glare.session).toMatchObject({ id: 'c', state: CallState.ACTIVE, participants: [ann, bob] })
  })

  test('the first device answers, the second is told so, the first may ask again', () => {
    expect(reasonOf(() => join(active(), 'c', bobTablet, stay, 2_001))).toBe('CALL_ANSWERED_ELSEWHERE')
    expect(reasonOf(() => decline(active(), 'c', bobTablet, 2_001))).toBe('CALL_ANSWERED_ELSEWHERE')
    expect(cases(join(active(), 'c', bob, stay, 2_001))).toEqual([])
  })

  test.each([
    ['declined', (session: CallSession) => decline(session, 'c', bobTablet, 3_000), CallEndReason.DECLINED, 'DECLINED'],
    ['cancelled', (session: CallSession) => leave(session, 'c', ann, 3_000), CallEndReason.CANCELLED, 'MISSED'],
    [
      'missed',
      (session: CallSession) => expire(keep(session, [ann], 7_000, RING_END), RING_END),
      CallEndReason.MISSED,
      'MISSED',
    ],
    [
      'cancelled by a caller who vanished',
      (session: CallSession) => expire(session, T + LEASE_MS),
      CallEndReason.CANCELLED,
      'MISSED',
    ],
    [
      'over with the group',
      (session: CallSession) => close(session, CallEndReason.HANG_UP, 2_000),
      CallEndReason.HANG_UP,
      'MISSED',
    ],
  ])('that rings is %s', (_, how, endReason, invitee) => {
    const over = how(ringing())
    expect(over.session).toMatchObject({ state: CallState.ENDED, endReason })
    expect(stateOf(over.session, 'bob')).toBe(invitee)
    expect(cases(over).includes('callMissed')).toBe(invitee === 'MISSED')
    expect(reasonOf(() => join(over.session, 'c', bob, stay, RING_END + 1))).toBe('CALL_ENDED')
  })

  test('to somebody busy rings nobody, and is in the history as missed', () => {
    const busy = start(undefined, { ...call, busyIds: ['bob'] }, ann, T)
    expect(busy.session).toMatchObject({ state: CallState.ENDED, endReason: CallEndReason.BUSY })
    expect(cases(busy)).toEqual(['callStarted', 'callJoined', 'callMissed', 'callEnded'])
  })

  test('an offer that comes again after the end rings nobody', () => {
    const { session } = leave(ringing(), 'c', ann, 3_000)
    expect(start(session, { ...call, id: 'd' }, ann, 60_000)).toEqual({ session, events: [] })
  })

  test.each([
    ['the command id of the call before', { commandId: 'asked' }],
    ['the id of the call before', { commandId: 'c' }],
  ])('whoever repeats %s of another starts a call of their own', (_, repeated) => {
    const { session: before } = leave(ringing(), 'c', ann, 3_000)
    const { session, events } = start(before, { ...call, ...repeated, id: 'd', inviteeIds: ['ann'] }, bob, 60_000)
    expect(session).toMatchObject({ id: 'd', callerId: 'bob', state: CallState.RINGING })
    expect(events.map(({ value }) => value)).toMatchObject([{ callId: 'd' }, { callId: 'd' }])
  })

  test('one who loses the network is back by renewing; the other waits, but not for ever', () => {
    const alone = keep(active(), [ann], 7_000, 2_000 + LEASE_MS + 7_000)
    expect(alone.participants).toMatchObject([ann])
    expect(alone.away).toMatchObject([bob])
    expect(alone.state).toBe(CallState.ACTIVE)
    const back = renew(alone, 'c', bob, 0, 50_000)
    expect(cases(back)).toEqual(['callJoined'])
    expect(back.session).toMatchObject({ participants: [ann, bob], away: [] })
    const lost = keep(alone, [ann], 30_000, alone.away[0]!.until)
    expect(expire(lost, alone.away[0]!.until).session.endReason).toBe(CallEndReason.LOST)
  })

  test('both lose the network: the call waits for both', () => {
    const nobody = expire(active(), 2_000 + LEASE_MS).session
    expect(nobody).toMatchObject({ state: CallState.ACTIVE, participants: [], away: [ann, bob] })
    const back = renew(renew(nobody, 'c', bob, 0, 50_000).session, 'c', ann, 0, 50_001).session
    expect(back.participants).toMatchObject([bob, ann])
    expect(expire(nobody, 2_000 + LEASE_MS + AWAY_MS).session.endReason).toBe(CallEndReason.LOST)
  })
})

describe('a page that closes', () => {
  test('is away at once, and returns when it is loaded again', () => {
    const gone = closePage(active(), 'c', bob, 5_000)
    expect(cases(gone)).toEqual(['callLeft'])
    expect(gone.session).toMatchObject({ participants: [ann], away: [{ ...bob, until: 5_000 + PAGE_MS }] })
    expect(renew(gone.session, 'c', bob, 0, 5_000 + PAGE_MS - 1).session).toMatchObject({ participants: [ann, bob] })
  })

  test('and is not loaded again ends a call of two sooner than a lost network does', () => {
    const { session } = closePage(active(), 'c', bob, 5_000)
    const alone = keep(session, [ann], 7_000, 5_000 + PAGE_MS)
    expect(expire(alone, 5_000 + PAGE_MS).session.endReason).toBe(CallEndReason.LOST)
  })

  test('of a caller goes on ringing until it is back, and not for long', () => {
    const { session } = closePage(ringing(), 'c', ann, 5_000)
    expect(renew(session, 'c', ann, 0, 9_000).session).toMatchObject({ state: CallState.RINGING, participants: [ann] })
    expect(expire(session, 5_000 + PAGE_MS).session.endReason).toBe(CallEndReason.CANCELLED)
  })

  test('of a device that is not in the call changes nothing, also when the call rings for its person', () => {
    for (const session of [ringing(), leave(active(), 'c', ann, 3_000).session])
      expect(closePage(session, 'c', bobTablet, 5_000)).toEqual({ session, events: [] })
  })
})

describe('a session that ends', () => {
  test('takes its device out: a call of two ends, a group goes on', () => {
    expect(vacate(active(), bob, 5_000).session).toMatchObject({ endReason: CallEndReason.HANG_UP })
    expect(vacate(active(groupCall), bob, 5_000).session).toMatchObject({
      state: CallState.ACTIVE,
      participants: [ann],
    })
    const away = keep(active(groupCall), [ann], 7_000, 2_000 + LEASE_MS + 7_000)
    expect(vacate(away, bob, 40_000).session.away).toEqual([])
  })

  test('of another device of the person changes nothing: the call goes on, or rings on', () => {
    for (const session of [active(), ringing()])
      expect(vacate(session, bobTablet, 5_000)).toEqual({ session, events: [] })
  })
})

describe('a call of a group', () => {
  test('goes on when one leaves or does not answer, and ends with the last one', () => {
    const three = join(active(groupCall), 'c', cat, stay, 3_000).session
    const two = leave(three, 'c', ann, 4_000)
    expect(cases(two)).toEqual(['callLeft'])
    expect(two.session.participants).toMatchObject([bob, cat])
    const one = leave(two.session, 'c', bob, 5_000)
    const none = leave(one.session, 'c', cat, 6_000)
    expect(none.session).toMatchObject({ state: CallState.ENDED, endReason: CallEndReason.HANG_UP })
  })

  test.each([
    ['rings nobody', { ...groupCall, inviteeIds: [] }],
    ['rings', groupCall],
  ])('that %s waits for the one who started it, as for anybody else', (_, of) => {
    const cut = expire(ringing(of), T + LEASE_MS).session
    expect(cut).toMatchObject({ state: CallState.RINGING, participants: [], away: [ann] })
    const back = renew(cut, 'c', ann, 0, T + LEASE_MS + AWAY_MS - 1).session
    expect(back).toMatchObject({ state: CallState.RINGING, participants: [ann], away: [] })
    expect(expire(cut, T + LEASE_MS + AWAY_MS).session.endReason).toBe(CallEndReason.CANCELLED)
    // Somebody who joins meanwhile has answered.
    expect(join(cut, 'c', bob, stay, 30_000).session).toMatchObject({ state: CallState.ACTIVE, answeredAt: 30_000 })
  })

  test('stops ringing after 45 s, and the caller stays', () => {
    const waiting = keep(ringing(groupCall), [ann], 7_000, RING_END)
    const silent = expire(waiting, RING_END)
    expect(silent.events.map(({ value }) => value)).toMatchObject([{ userIds: ['bob', 'cat'] }])
    expect(silent.session).toMatchObject({ state: CallState.RINGING, participants: [ann] })
    expect(join(silent.session, 'c', bob, stay, RING_END + 1).session.state).toBe(CallState.ACTIVE)
  })

  test('a person who declines is no longer rung; the others are, and may still join', () => {
    const { session } = decline(ringing(groupCall), 'c', bob, 2_000)
    expect([stateOf(session, 'bob'), stateOf(session, 'cat')]).toEqual(['DECLINED', 'RINGING'])
    expect(join(session, 'c', bob, stay, 3_000).session.participants).toMatchObject([ann, bob])
  })

  test('a busy person is not rung; people who were not rung may join late', () => {
    const { session, events } = start(undefined, { ...groupCall, busyIds: ['cat'] }, ann, T)
    expect(events.map((event) => event.case)).toEqual(['callStarted', 'callJoined', 'callMissed'])
    expect(stateOf(session, 'cat')).toBe('BUSY')
    expect(join(session, 'c', { userId: 'dan', deviceId: 'd' }, stay, 2_000).session.participants).toHaveLength(2)
  })

  test('is full at ten', () => {
    let session = ringing(groupCall)
    const guest = (i: number) => ({ userId: `guest-${i}`, deviceId: `d-${i}` })
    for (let i = 1; i < CALL_LIMIT; i++) session = join(session, 'c', guest(i), stay, 2_000).session
    expect(reasonOf(() => join(session, 'c', guest(99), stay, 2_000))).toBe('CALL_FULL')
    expect(reasonOf(() => join(session, 'c', guest(1), stay, 2_000))).toBe('accepted')
    const { session: room } = leave(session, 'c', guest(1), 3_000)
    expect(reasonOf(() => join(room, 'c', guest(99), stay, 3_001))).toBe('accepted')
  })

  test('a person who was taken out comes back only by joining', () => {
    const { session } = remove(active(groupCall), 'bob', 3_000)
    expect(session.participants).toMatchObject([ann])
    expect(reasonOf(() => renew(session, 'c', bob, 0, 3_001))).toBe('NOT_IN_CALL')
    expect(reasonOf(() => join(session, 'c', bob, stay, 3_002))).toBe('accepted')
    expect(remove(ringing(groupCall), 'cat', 2_000).session.invitees).toMatchObject([{ userId: 'bob' }])
  })

  test('no call lasts longer than its session', () => {
    const session = {
      ...active(groupCall),
      invitees: [],
      participants: [{ ...ann, joinedAt: T, leaseUntil: Number.MAX_SAFE_INTEGER, epoch: 1 }],
    }
    expect(nextDeadline(session)).toBe(T + MAX_CALL_MS)
    expect(expire(session, T + MAX_CALL_MS).session.endReason).toBe(CallEndReason.LOST)
  })
})

test('a call moves to another device of the person, without a word in the history', () => {
  const moved = join(active(), 'c', bobTablet, { move: true }, 5_000)
  expect(moved.events).toEqual([])
  expect(moved.session.participants).toMatchObject([ann, bobTablet])
  expect(moved.session.revision).toBe(active().revision + 1)
  expect(reasonOf(() => renew(moved.session, 'c', bob, 0, 5_001))).toBe('CALL_ANSWERED_ELSEWHERE')
})

test('strangers and wrong ids are refused', () => {
  expect(reasonOf(() => join(ringing(), 'x', bob, stay, T))).toBe('CALL_NOT_FOUND')
  expect(reasonOf(() => renew(ringing(), 'c', { userId: 'eve', deviceId: 'e' }, 0, T))).toBe('NOT_IN_CALL')
  expect(reasonOf(() => decline(ringing(), 'c', ann, T))).toBe('CALL_NOT_FOUND')
})
