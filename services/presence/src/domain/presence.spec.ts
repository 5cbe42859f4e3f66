import { Status } from '@beseda/proto/presence/v1/presence_service'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { attentionOf, choose, expire, LEASE_MS, nextExpiry, report } from './presence.js'

const online = { deviceId: 'd', idle: false, gone: false }

test('a connected device is online, idle when all are idle, offline when it has gone', () => {
  const one = report(undefined, [online], 1)
  expect(one.shown).toBe(Status.ONLINE)
  const idle = report(one, [{ ...online, idle: true }], 2)
  expect(idle.shown).toBe(Status.IDLE)
  expect(report(idle, [{ ...online, deviceId: 'phone' }], 3).shown).toBe(Status.ONLINE)
  expect(report(idle, [{ ...online, gone: true }], 3)).toMatchObject({ shown: Status.OFFLINE, lastSeenAt: 3 })
})

test('a device that is no longer reported is gone at the end of its lease', () => {
  const one = report(undefined, [online], 1_000)
  expect(nextExpiry(one)).toBe(1_000 + LEASE_MS)
  expect(expire(one, 999 + LEASE_MS).shown).toBe(Status.ONLINE)
  const gone = expire(one, 1_000 + LEASE_MS)
  expect([gone.shown, nextExpiry(gone)]).toEqual([Status.OFFLINE, undefined])
})

test.each([
  ['DO_NOT_DISTURB', 'DO_NOT_DISTURB'],
  ['INVISIBLE', 'OFFLINE'],
  ['UNSPECIFIED', 'ONLINE'],
] as const)('who has chosen %s is shown as %s', (choice, shown) => {
  expect(choose(report(undefined, [online], 1), Status[choice], 2).shown).toBe(Status[shown])
})

test('a choice outlives the connection but shows only while connected', () => {
  const chosen = choose(undefined, Status.DO_NOT_DISTURB, 1)
  expect(chosen.shown).toBe(Status.OFFLINE)
  expect(report(chosen, [online], 2).shown).toBe(Status.DO_NOT_DISTURB)
})

test('attention: an invisible person may be active; "do not disturb" holds also while away', () => {
  expect(attentionOf(undefined)).toEqual({ active: false, doNotDisturb: false })
  const hidden = choose(report(undefined, [online], 1), Status.INVISIBLE, 2)
  expect(attentionOf(hidden)).toEqual({ active: true, doNotDisturb: false })
  expect(attentionOf(report(hidden, [{ ...online, idle: true }], 3)).active).toBe(false)
  expect(attentionOf(choose(undefined, Status.DO_NOT_DISTURB, 1))).toEqual({ active: false, doNotDisturb: true })
})

test('offline exactly when no device holds a lease', () => {
  const step = fc.record({
    deviceId: fc.constantFrom('a', 'b'),
    idle: fc.boolean(),
    gone: fc.boolean(),
    wait: fc.nat(60_000),
  })
  fc.assert(
    fc.property(fc.array(step), (steps) => {
      let now = 1
      let person = expire(undefined, now)
      for (const { wait, ...device } of steps) {
        now += wait
        person = report(person, [device], now)
        const live = Object.values(person.devices).filter(({ leaseUntil }) => leaseUntil > now)
        expect(person.shown === Status.OFFLINE).toBe(live.length === 0)
      }
    }),
  )
})
