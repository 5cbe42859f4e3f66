import { CallState } from '@beseda/proto/call/v1/call_service'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { close, expire, join, leave, renew, start } from './call.js'
import { AWAY_MS, CALM_MS, type CallSession, crowdOf, type Device, LEASE_MS, nextDeadline } from './session.js'
import { complain, isCrowded, isDoubted, nextGeneration, relocate, uncrowd } from './sfu.js'
import { stepsOf } from './steps.js'
import { ann, cases, groupCall, keep, reasonOf, T } from './testing.js'

const limits = { mesh: 4, most: 6 }
const guest = (i: number): Device => ({ userId: `guest ${i}`, deviceId: `guest ${i}'s phone` })
const guests = (count: number): Device[] => Array.from({ length: count }, (_, i) => guest(i))
const begun = start(undefined, { ...groupCall, limits }, ann, T).session
const room = (generation: number, node = 'one') => ({ node, generation })

const enter = (session: CallSession, device: Device, now = 2_000, offer = room(nextGeneration(session, now))) =>
  join(session, 'c', device, { move: false, offer }, now).session
const withGuests = (count: number) => guests(count).reduce((session, one) => enter(session, one), begun)
const large = withGuests(4)

describe('whoever is one too many for the mesh', () => {
  test('takes everybody to the room that was opened beforehand', () => {
    expect(withGuests(3).sfu).toBeUndefined()
    expect(large.sfu).toMatchObject({ node: 'one', generation: nextGeneration(begun, 2_000) })
    expect(large.participants).toHaveLength(5)
  })

  test('is refused with the limit of the mesh, when there is no room', () => {
    const full = withGuests(3)
    const refused = () => join(full, 'c', guest(9), { move: false }, 2_000)
    expect(reasonOf(refused)).toBe('CALL_FULL')
    expect(refused).toThrow(expect.objectContaining({ metadata: { limit: '4' } }))
  })

  test('is refused with the limit of the SFU, when that is reached', () => {
    const full = withGuests(5)
    expect(full.participants).toHaveLength(6)
    expect(reasonOf(() => enter(full, guest(9)))).toBe('CALL_FULL')
  })

  test('does not use a room of a generation that was used', () => {
    const back = { ...large, sfu: undefined, participants: large.participants.slice(0, 4) }
    expect(reasonOf(() => enter(back, guest(9), 2_000, room(large.generation)))).toBe('CALL_FULL')
  })
})

test('a voice room and a start that finds a call take seats in the same way', () => {
  const again = start(withGuests(3), { ...groupCall, limits, id: 'd', commandId: 'x' }, guest(9), 2_000, room(5_000))
  expect(again.session).toMatchObject({ id: 'c', sfu: room(5_000) })
})

describe('back to the mesh', () => {
  const few = (now: number) =>
    guests(4)
      .slice(0, 3)
      .reduce((session, one) => leave(session, 'c', one, now).session, large)
  const stayers = [ann, guest(3)]

  test('when few people have been in it for a minute', () => {
    const kept = keep(few(3_000), stayers, 3_000, 3_000 + CALM_MS - 1_000)
    expect(kept.sfu).toMatchObject({ fewSince: 3_000 })
    expect(nextDeadline(kept)).toBeLessThanOrEqual(3_000 + CALM_MS)
    const back = keep(kept, stayers, 3_000 + CALM_MS - 1_000, 3_000 + CALM_MS + 10_000)
    expect(back).toMatchObject({ sfu: undefined, generation: large.generation, revision: kept.revision + 1 })
  })

  test('not when somebody comes in between', () => {
    const counted = expire(few(3_000), 3_000).session
    const busy = expire(enter(counted, guest(7), 4_000), 4_000).session
    expect(busy.sfu).toMatchObject({ fewSince: 0 })
    expect(nextDeadline(counted)).toBeGreaterThan(3_000)
  })

  test('the deadline comes at once when what is known of the crowd is not true any more', () => {
    expect(nextDeadline(few(3_000))).toBe(T)
    expect(nextDeadline(large)).toBeGreaterThan(2_000)
  })

  test('the next room has a higher generation', () => {
    const back = keep(few(3_000), stayers, 3_000, 80_000)
    const again = [guest(4), guest(5), guest(6)].reduce((session, one) => enter(session, one, 80_000), back)
    expect(again.sfu?.generation).toBeGreaterThan(large.generation)
  })
})

describe('a lost room', () => {
  const generation = large.sfu!.generation

  test('is replaced, once', () => {
    const moved = relocate(large, generation, room(generation + 1, 'two'))
    expect(moved.session).toMatchObject({ sfu: room(generation + 1, 'two'), revision: large.revision + 1 })
    expect(relocate(moved.session, generation, room(generation + 2)).session).toBe(moved.session)
  })

  test('without another one: few enough send to each other, more wait', () => {
    expect(relocate(large, generation, undefined).session).toBe(large)
    const { session: four } = leave(large, 'c', guest(0), 3_000)
    expect(relocate(four, generation, undefined).session).toMatchObject({ sfu: undefined, participants: { length: 4 } })
  })

  test('is lost when two and a quarter of all say so at about the same time; nobody else sees that', () => {
    const one = complain(large, guest(0), generation, 3_000).session
    expect([isDoubted(one, 3_000), one.revision]).toEqual([false, large.revision])
    expect(isDoubted(complain(one, guest(0), generation, 3_100).session, 3_100)).toBe(false)
    expect(isDoubted(complain(one, guest(1), generation, 3_100).session, 3_100)).toBe(true)
    expect(isDoubted(complain(one, guest(1), generation, 9_000).session, 9_000)).toBe(false)
    expect(complain(large, guest(0), generation - 1, 3_000).session).toBe(large)
  })

  test('the complaint of a device that is not in the call any more does not count', () => {
    const both = complain(complain(large, guest(0), generation, 3_000).session, guest(1), generation, 3_000).session
    expect(isDoubted(both, 3_100)).toBe(true)
    const other = { ...guest(1), deviceId: 'another device' }
    const changed = join(both, 'c', other, { move: true }, 3_050).session
    expect(isDoubted(changed, 3_100)).toBe(false)
    expect(isDoubted(leave(both, 'c', guest(0), 3_050).session, 3_100)).toBe(false)
  })

  test('complaints move the call once in a while; a dead node moves it whenever it dies', () => {
    const both = (session: CallSession, now: number) =>
      [0, 1].reduce((so, i) => complain(so, guest(i), session.generation, now).session, session)
    const moved = relocate(large, generation, room(generation + 1, 'two'), 3_000).session
    expect(isDoubted(both(moved, 17_000), 17_000)).toBe(false)
    expect(isDoubted(both(moved, 18_000), 18_000)).toBe(true)
    const again = relocate(moved, moved.generation, room(generation + 2)).session
    expect(again.sfu).toMatchObject({ generation: generation + 2, doubtedAt: 3_000 })
    expect(isDoubted(both(again, 17_000), 17_000)).toBe(false)
  })

  test('a call that is over has none', () => {
    const over = close(large, 1, 3_000).session
    expect(over).toMatchObject({ state: CallState.ENDED, sfu: undefined })
    expect(relocate(over, generation, room(generation + 1)).session).toBe(over)
  })
})

test('people who come back to a full mesh make it crowded: it gets a room', () => {
  const away = expire(withGuests(3), 2_000 + LEASE_MS).session
  const busy = [ann, guest(4), guest(5), guest(6)].reduce(
    (session, one) => (one === ann ? renew(session, 'c', one, 0, 22_000).session : enter(session, one, 22_000)),
    away,
  )
  const crowded = renew(busy, 'c', guest(0), 0, 22_500).session
  expect([busy.sfu, crowdOf(crowded), isCrowded(crowded)]).toEqual([undefined, 7, true])
  expect(uncrowd(crowded, room(30_000)).session.sfu).toMatchObject(room(30_000))
  expect(uncrowd(large, room(30_000)).session).toBe(large)
})

test('a generation is never below one that was used before Redis was lost', () => {
  const lost = { ...large, generation: 0, sfu: undefined }
  expect(nextGeneration(lost, 2_001)).toBeGreaterThan(large.generation)
  expect(nextGeneration({ ...lost, startedAt: 5_000 }, 2_000)).toBe(1)
})

test('operators count each way that media takes', () => {
  const gone = relocate(large, large.generation, room(large.generation + 1)).session
  const back = { ...gone, sfu: undefined }
  const ways = [
    [withGuests(3), large],
    [large, gone],
    [gone, back],
    [gone, close(gone, 1, 3_000).session],
  ] as const
  expect(ways.map(([from, to]) => stepsOf(from, to, []))).toEqual([
    ['join', 'sfu'].slice(1),
    ['relocate'],
    ['mesh'],
    ['end'],
  ])
})

/** Any sequence of comings, goings, silences and lost rooms. */
const event = fc.record({
  what: fc.constantFrom('join', 'leave', 'renew', 'time', 'lose', 'complain'),
  who: fc.nat(9),
  wait: fc.constantFrom(0, 400, 7_000, LEASE_MS, AWAY_MS),
  hasRoom: fc.boolean(),
})

test('in any sequence of events: nobody is one too many, generations only rise, and only with a new room', () => {
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      let [session, now] = [begun, T as number]
      for (const { what, who, wait, hasRoom } of events) {
        now += wait
        const before = session
        const offer = hasRoom ? room(nextGeneration(session, now), `node ${who % 2}`) : undefined
        const steps: Record<typeof what, () => CallSession> = {
          join: () => join(session, 'c', guest(who), { move: false, offer }, now).session,
          leave: () => leave(session, 'c', guest(who), now).session,
          renew: () => renew(session, 'c', guest(who), 0, now).session,
          time: () => expire(session, now).session,
          lose: () => relocate(session, session.generation, offer).session,
          complain: () => complain(session, guest(who), session.generation, now).session,
        }
        if (reasonOf(() => (session = steps[what]())) !== 'accepted') continue
        expect(session.generation).toBeGreaterThanOrEqual(before.generation)
        if (session.sfu && session.sfu.generation !== before.sfu?.generation) {
          expect(session.generation).toBeGreaterThan(before.generation)
          expect(session.sfu.generation).toBe(session.generation)
        }
        // Whoever comes back to a full mesh is not refused; whoever comes anew is.
        if (what === 'join' && session.participants.length > before.participants.length) {
          expect(session.participants.length).toBeLessThanOrEqual(session.sfu ? limits.most : limits.mesh)
        }
        if (session.state === CallState.ENDED) {
          expect(session.sfu).toBeUndefined()
          return
        }
        // Without a change that others see, their picture is still true.
        if (session.revision === before.revision) expect(session.sfu?.generation).toBe(before.sfu?.generation)
      }
    }),
  )
})

test('events of the history are those of a call without an SFU', () => {
  expect(cases(join(withGuests(3), 'c', guest(3), { move: false, offer: room(3_000) }, 2_000))).toEqual(['callJoined'])
})
