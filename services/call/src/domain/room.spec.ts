import { CallState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { expect, test } from 'vitest'
import { decline, expire, join, leave, renew, start } from './call.js'
import { record } from './recording.js'
import { requireVoice, silence } from './room.js'
import { AWAY_MS, CALL_LIMIT, LEASE_MS, nextDeadline } from './session.js'
import { active, ann, bob, cases, cat, groupCall, keep, reasonOf, roomCall, stay, T } from './testing.js'

const entered = start(undefined, roomCall, ann, T)
const alone = entered.session

test('whoever enters an empty room calls nobody, whatever the request says, and waits for no answer', () => {
  expect(cases(entered)).toEqual(['callStarted', 'callJoined'])
  expect(entered.events[0]?.value).toMatchObject({ room: true, inviteeIds: [] })
  expect(alone).toMatchObject({ room: true, state: CallState.ACTIVE, answeredAt: T, invitees: [] })
  expect(reasonOf(() => decline(alone, 'c', bob, T))).toBe('CALL_NOT_FOUND')
  const busy = start(undefined, { ...roomCall, busyIds: ['bob'] }, ann, T)
  expect(cases(busy)).toEqual(['callStarted', 'callJoined'])
})

test('whoever is alone in it stays alone, for as long as they like, and has missed nobody', () => {
  const later = keep(alone, [ann], 7_000, 3 * 3_600_000)
  expect(later).toMatchObject({ state: CallState.ACTIVE, participants: [ann], revision: alone.revision })
  const out = leave(later, 'c', ann, 3 * 3_600_000)
  expect(cases(out)).toEqual(['callLeft', 'callEnded'])
  expect(out.session).toMatchObject({ endReason: CallEndReason.HANG_UP })
})

test('the next one who comes enters it, and whoever comes to an empty one again does so anew', () => {
  const both = start(alone, { ...roomCall, id: 'd', commandId: 'another' }, bob, 2_000)
  expect(both.session).toMatchObject({ id: 'c', participants: [ann, bob] })
  expect(cases(both)).toEqual(['callJoined'])
  const one = leave(both.session, 'c', ann, 3_000)
  expect(one.session).toMatchObject({ state: CallState.ACTIVE, participants: [bob] })
  const { session: empty } = leave(one.session, 'c', bob, 4_000)
  const again = start(empty, { ...roomCall, id: 'd', commandId: 'another' }, cat, 5_000)
  expect(again.session).toMatchObject({ id: 'd', state: CallState.ACTIVE, participants: [cat] })
})

test('a repeat of the command that entered it enters nothing when its person has left', () => {
  const { session: empty } = leave(alone, 'c', ann, 3_000)
  expect(start(empty, { ...roomCall, id: 'd' }, ann, 4_000)).toEqual({ session: empty, events: [] })
})

test('whoever has lost the network is out when the place has been kept for long enough, and then the room is empty', () => {
  const away = expire(alone, T + LEASE_MS).session
  expect(away).toMatchObject({ state: CallState.ACTIVE, participants: [], away: [ann] })
  expect(renew(away, 'c', ann, 0, T + LEASE_MS + 1).session).toMatchObject({ participants: [ann], away: [] })
  expect(nextDeadline(away)).toBe(T + LEASE_MS + AWAY_MS)
  expect(expire(away, T + LEASE_MS + AWAY_MS).session).toMatchObject({ endReason: CallEndReason.LOST })
})

test('it is full at ten', () => {
  let session = alone
  for (let i = 1; i < CALL_LIMIT; i++)
    session = join(session, 'c', { userId: `guest ${i}`, deviceId: 'd' }, stay, 2_000).session
  expect(reasonOf(() => start(session, { ...roomCall, id: 'd', commandId: 'x' }, bob, 3_000))).toBe('CALL_FULL')
})

test('a member who is muted in the group neither enters it nor stays; any other call has them', () => {
  const muted = { mutedUntil: 5_000 }
  expect(reasonOf(() => requireVoice(alone, muted, 4_999))).toBe('MUTED')
  expect(reasonOf(() => requireVoice(alone, muted, 5_000))).toBe('accepted')
  expect(reasonOf(() => requireVoice(active(groupCall), muted, 4_999))).toBe('accepted')
  const over = leave(alone, 'c', ann, 2_000).session
  expect(reasonOf(() => requireVoice(over, muted, 4_999))).toBe('accepted')
  const both = join(alone, 'c', bob, stay, 2_000).session
  const silenced = silence(both, 'bob', 3_000)
  expect(cases(silenced)).toEqual(['callLeft'])
  expect(silenced.session.participants).toMatchObject([ann])
  const call = active(groupCall)
  expect(silence(call, 'bob', 3_000)).toEqual({ session: call, events: [] })
})

test('a recording of it says that it is of a room: the conversation knows nothing else of the call', () => {
  const wanted = { id: 'r', commandId: 'do', soundOnly: true }
  expect(record(alone, 'c', ann, wanted, 2_000).events[0]?.value).toMatchObject({ room: true })
  expect(record(active(groupCall), 'c', ann, wanted, 3_000).events[0]?.value).toMatchObject({ room: false })
})
