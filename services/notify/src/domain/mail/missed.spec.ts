import { GroupKind } from '@beseda/proto/group/v1/events'
import { MailChoice } from '@beseda/proto/notify/v1/events'
import { expect, test } from 'vitest'
import {
  isMissed,
  missedBy,
  nextDigest,
  noteMissed,
  nothingMissed,
  type Step,
  settleMissed,
  stepOf,
  writtenMissed,
} from './missed.js'

const HOUR = 3_600_000
const NOON = Date.parse('2026-03-10T12:00:00Z')
const MISSED = { since: NOON, dueAt: NOON + HOUR, digest: false }

test.each<[MailChoice, number | undefined]>([
  [MailChoice.UNSPECIFIED, NOON + HOUR],
  [MailChoice.SOON, NOON + HOUR / 4],
  [MailChoice.OFF, undefined],
  [MailChoice.DAILY, Date.parse('2026-03-11T07:00:00Z')],
])('who has chosen %d is written to at this time', (choice, dueAt) => {
  expect(missedBy(choice, 0, NOON, 'Europe/Berlin')?.dueAt).toBe(dueAt)
})

test.each([
  ['2026-03-10T06:59:59Z', 'Europe/Berlin', '2026-03-10T07:00:00Z'],
  ['2026-03-10T07:00:00Z', 'Europe/Berlin', '2026-03-11T07:00:00Z'],
  // In the night to 29 March the clock goes forward, in that to 25 October back.
  ['2026-03-28T12:00:00Z', 'Europe/Berlin', '2026-03-29T06:00:00Z'],
  ['2026-10-24T12:00:00Z', 'Europe/Berlin', '2026-10-25T07:00:00Z'],
  ['2026-03-10T12:00:30Z', 'Asia/Kolkata', '2026-03-11T02:30:00Z'],
  ['2026-03-10T12:00:00Z', 'Nowhere/At-all', '2026-03-11T08:00:00Z'],
])('the digest after %s in %s comes at eight there: %s', (now, zone, at) => {
  expect(new Date(nextDigest(Date.parse(now), zone)).toISOString()).toBe(at.replace('Z', '.000Z'))
})

test('what is noted stays as it is until it is settled, once', () => {
  const waits = { waiting: MISSED, letters: 2 }
  expect(noteMissed(MISSED, nothingMissed)).toHaveLength(1)
  expect(noteMissed({ ...MISSED, dueAt: NOON + 9 * HOUR }, waits)).toEqual([])
  expect([settleMissed(waits), settleMissed(nothingMissed)]).toMatchObject([[{ case: 'missedSettled' }], []])
  expect([writtenMissed(waits), writtenMissed(nothingMissed)]).toMatchObject([[{ value: { letters: 3 } }], []])
  // Who comes after a letter is written to as at first again.
  expect(settleMissed({ waiting: undefined, letters: 3 })).toMatchObject([{ value: { letters: 0 } }])
  // A digest comes once a day anyway.
  expect(writtenMissed({ waiting: { ...MISSED, digest: true }, letters: 0 })).toMatchObject([{ value: { letters: 0 } }])
})

test('each letter to whoever stays away comes after twice as long, and at last once a day', () => {
  const hours = (choice: MailChoice, letters: number) =>
    ((missedBy(choice, letters, NOON, '')?.dueAt ?? 0) - NOON) / HOUR
  expect([0, 1, 2, 3, 4, 5, 6, 7, 99].map((letters) => hours(MailChoice.SOON, letters))).toEqual([
    0.25, 0.5, 1, 2, 4, 8, 16, 24, 24,
  ])
  expect([0, 1, 4, 5, 99].map((letters) => hours(MailChoice.UNSPECIFIED, letters))).toEqual([1, 2, 16, 24, 24])
})

const quietHours = { enabled: true, fromMinute: 12 * 60, toMinute: 15 * 60, timeZone: 'UTC' }
const PERSON = { choice: MailChoice.UNSPECIFIED, quietHours: undefined, active: false, doNotDisturb: false }
test.each<
  [
    string,
    Partial<typeof MISSED>,
    Partial<Omit<typeof PERSON, 'quietHours'>> & { quietHours?: typeof quietHours },
    Step,
  ]
>([
  ['before its time', { dueAt: NOON + 2 * HOUR }, {}, 'wait'],
  ['at its time', {}, {}, 'write'],
  ['to whoever was there meanwhile', { dueAt: NOON + 9 * HOUR }, { active: true }, 'settle'],
  ['to whoever wants no letters any more', {}, { choice: MailChoice.OFF }, 'settle'],
  ['to whoever wants a digest instead', {}, { choice: MailChoice.DAILY }, 'settle'],
  ['in quiet hours', {}, { quietHours }, 'wait'],
  ['to whoever does not want to be disturbed', {}, { doNotDisturb: true }, 'wait'],
  [
    'of what is unread, also to whoever is there',
    { digest: true },
    { choice: MailChoice.DAILY, active: true },
    'write',
  ],
])('a letter %s', (_, missed, person, step) => {
  expect(stepOf({ ...MISSED, ...missed }, { ...PERSON, ...person }, NOON + HOUR)).toBe(step)
})

test('mentions and direct messages are missed, in a digest every message', () => {
  const [group, direct] = [GroupKind.GROUP, GroupKind.DIRECT]
  expect([isMissed(MailChoice.SOON, group, false), isMissed(MailChoice.SOON, group, true)]).toEqual([false, true])
  expect([isMissed(MailChoice.SOON, direct, false), isMissed(MailChoice.DAILY, group, false)]).toEqual([true, true])
  expect([isMissed(MailChoice.OFF, direct, true), isMissed(MailChoice.OFF, group, true)]).toEqual([false, false])
})
