import { Refusal } from '@beseda/kernel'
import { CallState, InviteeState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { CommitSchema, EventSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { close, closePage, decline, expire, join, leave, remove, renew, start, vacate } from './call.js'
import type { CallChange } from './call-change.js'
import type { EventBody } from './events.js'
import { recover } from './recovery.js'
import { CALL_LIMIT, type CallSession, type Device, LEASE_MS, nextDeadline } from './session.js'
import { ann, bob, bobTablet, groupCall, RING_MS, reasonOf, ringing, stateOf, stay, T } from './testing.js'

const LIMITS = { mesh: CALL_LIMIT, most: CALL_LIMIT }

const commitOf = (session: CallSession, events: readonly EventBody[], now: number) =>
  create(CommitSchema, {
    id: `${session.id}.${session.revision}`,
    time: timestampFromMs(now),
    events: events.map((body) => create(EventSchema, { body })),
  })

test('a session that Redis has lost is recovered from the log, and by the devices that renew', () => {
  const first = start(undefined, groupCall, ann, T)
  const second = join(first.session, 'c', bob, stay, 2_000)
  const commits = [commitOf(first.session, first.events, T), commitOf(second.session, second.events, 2_000)]
  const lost = recover(commits, { groupId: 'g', direct: false, ringMs: RING_MS, limits: LIMITS, now: 10_000 })!
  expect(lost).toMatchObject({ id: 'c', callerId: 'ann', video: true, state: CallState.ACTIVE, answeredAt: 2_000 })
  expect([stateOf(lost, 'bob'), stateOf(lost, 'cat')]).toEqual(['JOINED', 'RINGING'])
  const back = renew(lost, 'c', bob, 40, 10_000)
  expect(back.session).toMatchObject({ participants: [bob], away: [{ userId: 'ann', deviceId: '' }], revision: 42 })
  expect(back.events).toEqual([])
  const both = renew(back.session, 'c', ann, 45, 11_000).session
  expect(both).toMatchObject({ participants: [bob, ann], away: [], revision: 47 })
  expect(reasonOf(() => renew(lost, 'c', { userId: 'eve', deviceId: 'e' }, 0, 10_000))).toBe('NOT_IN_CALL')
  const over = leave(second.session, 'c', bob, 4_000)
  const end = close(over.session, CallEndReason.HANG_UP, 5_000)
  expect(
    recover([...commits, commitOf(end.session, end.events, 5_000)], {
      groupId: 'g',
      direct: false,
      ringMs: RING_MS,
      limits: LIMITS,
      now: 10_000,
    }),
  ).toBeUndefined()
})

const people = ['ann', 'bob', 'cat', 'dan']
const anyDevice = fc
  .record({ userId: fc.constantFrom(...people), n: fc.constantFrom('1', '2') })
  .map(({ userId, n }): Device => ({ userId, deviceId: `${userId}-${n}` }))
const KINDS = { direct: { direct: true }, group: {}, room: { room: true } } as const
type Kind = keyof typeof KINDS
type Step = (session: CallSession, device: Device, now: number, kind: Kind) => CallChange
const steps: Record<string, Step> = {
  start: (session, device, now, kind) =>
    start(
      session,
      { ...groupCall, id: `c${now}`, ...KINDS[kind], inviteeIds: people.filter((id) => id !== device.userId) },
      device,
      now,
    ),
  join: (session, device, now) => join(session, session.id, device, stay, now),
  move: (session, device, now) => join(session, session.id, device, { move: true }, now),
  decline: (session, device, now) => decline(session, session.id, device, now),
  leave: (session, device, now) => leave(session, session.id, device, now),
  closePage: (session, device, now) => closePage(session, session.id, device, now),
  vacate: (session, device, now) => vacate(session, device, now),
  renew: (session, device, now) => renew(session, session.id, device, 0, now),
  remove: (session, device, now) => remove(session, device.userId, now),
  expire: (session, _, now) => expire(session, now),
}

test('whatever happens, the rules of a call hold, and the log tells the same', () => {
  fc.assert(
    fc.property(
      fc.constantFrom<Kind>('direct', 'group', 'room'),
      fc.array(fc.tuple(fc.constantFrom(...Object.keys(steps)), anyDevice, fc.nat(30_000)), { maxLength: 60 }),
      (kind, script) => {
        const direct = kind === 'direct'
        let now = T
        const first = start(
          undefined,
          { ...groupCall, ...KINDS[kind], inviteeIds: direct ? ['bob'] : ['bob', 'cat', 'dan'] },
          ann,
          now,
        )
        let { session } = first
        const commits = [commitOf(session, first.events, now)]
        for (const [name, device, wait] of script) {
          now += wait
          const before = session
          let change: CallChange
          try {
            change = steps[name]!(before, device, now, kind)
          } catch (error) {
            if (!(error instanceof Refusal)) throw error
            continue
          }
          session = change.session
          if (change.events.length > 0) commits.push(commitOf(session, change.events, now))
          const { participants, away, invitees } = session
          const users = [...participants, ...away].map(({ userId }) => userId)
          expect(new Set(users).size).toBe(users.length)
          expect(participants.length).toBeLessThanOrEqual(CALL_LIMIT)
          if (session.id === before.id) {
            expect(session.revision).toBeGreaterThanOrEqual(before.revision)
            if (change.events.length > 0) expect(session.revision).toBeGreaterThan(before.revision)
            for (const { userId, state } of before.invitees) {
              const after = invitees.find((invitee) => invitee.userId === userId)?.state
              if (state !== InviteeState.RINGING) expect(after).not.toBe(InviteeState.RINGING)
            }
          }
          const told = recover(commits, { groupId: 'g', direct, ringMs: RING_MS, limits: LIMITS, now })
          if (session.state === CallState.ENDED) {
            expect([participants, away, told]).toEqual([[], [], undefined])
            expect(invitees.map(({ state }) => state)).not.toContain(InviteeState.RINGING)
          } else {
            expect(nextDeadline(session)).toBeGreaterThan(0)
            expect(told?.away.map(({ userId }) => userId).sort()).toEqual(
              participants.map(({ userId }) => userId).sort(),
            )
            expect([told?.state, told?.room]).toEqual([session.state, kind === 'room'])
            if (kind === 'room') expect([session.state, invitees]).toEqual([CallState.ACTIVE, []])
          }
        }
      },
    ),
    { numRuns: 500 },
  )
})

test('every place that a device takes has a higher epoch: on joining again, moving, coming back, and after a loss', () => {
  const epochOf = ({ participants }: CallSession, { deviceId }: Device) =>
    participants.find((one) => one.deviceId === deviceId)?.epoch ?? 0
  const first = join(ringing(groupCall), 'c', bob, stay, 2_000).session
  const again = join(leave(first, 'c', bob, 3_000).session, 'c', bob, stay, 4_000).session
  const moved = join(again, 'c', bobTablet, { move: true }, 5_000).session
  const back = join(moved, 'c', bob, { move: true }, 6_000).session
  const gone = expire(renew(back, 'c', ann, 0, 20_000).session, 6_000 + LEASE_MS).session
  const returned = renew(gone, 'c', bob, 0, 30_000).session
  const commits = [{ id: 'c.1', events: start(undefined, groupCall, ann, T).events }].map(({ id, events }) =>
    create(CommitSchema, { id, time: timestampFromMs(T), events: events.map((body) => create(EventSchema, { body })) }),
  )
  const lost = recover(commits, { groupId: 'g', direct: false, ringMs: RING_MS, limits: LIMITS, now: 31_000 })
  const restored = renew(lost, 'c', ann, returned.revision, 32_000).session
  const epochs = [epochOf(first, bob), epochOf(again, bob), epochOf(moved, bobTablet), epochOf(back, bob)]
  const all = [...epochs, epochOf(returned, bob), epochOf(restored, ann)]
  expect(all).toEqual([...new Set(all)].sort((a, b) => a - b))
  expect(epochOf(renew(returned, 'c', bob, 0, 31_000).session, bob)).toBe(epochOf(returned, bob))
})
