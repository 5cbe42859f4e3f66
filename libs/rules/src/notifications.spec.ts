import { GroupKind } from '@beseda/proto/group/v1/events'
import { NotificationLevel } from '@beseda/proto/notify/v1/events'
import { describe, expect, test } from 'vitest'
import { DEFAULT_PREFERENCE, isQuiet, isTimeZone, mayNotify, type NotificationCase } from './notifications.js'

const NOON = Date.UTC(2026, 0, 15, 12)
const telling: NotificationCase = {
  kind: GroupKind.GROUP,
  preference: DEFAULT_PREFERENCE,
  mentioned: false,
  inThread: false,
  quietHours: undefined,
  doNotDisturb: false,
  now: NOON,
}
const { ALL, MENTIONS, NOTHING, UNSPECIFIED } = NotificationLevel

describe('a person is notified', () => {
  const cases: [GroupKind, NotificationLevel, mentioned: boolean, notified: boolean][] = [
    [GroupKind.DIRECT, UNSPECIFIED, false, true],
    [GroupKind.GROUP, UNSPECIFIED, false, true],
    [GroupKind.CHANNEL, UNSPECIFIED, false, false],
    [GroupKind.CHANNEL, UNSPECIFIED, true, true],
    [GroupKind.CHANNEL, ALL, false, true],
    [GroupKind.GROUP, MENTIONS, false, false],
    [GroupKind.GROUP, MENTIONS, true, true],
    [GroupKind.GROUP, NOTHING, true, false],
  ]
  const named = cases.map(([kind, level, mentioned, notified]) => {
    const where = `in a ${GroupKind[kind]} at level ${NotificationLevel[level]}`
    const what = mentioned ? 'of a message that mentions them' : 'of any message'
    return [`${where}, ${what}: ${notified ? 'yes' : 'no'}`, { kind, level, mentioned }, notified] as const
  })
  test.each(named)('%s', (_, { kind, level, mentioned }, notified) => {
    expect(mayNotify({ ...telling, kind, preference: { level, mutedUntil: 0 }, mentioned })).toBe(notified)
  })

  test('a reply in a thread notifies only those whom it mentions', () => {
    expect(mayNotify({ ...telling, inThread: true })).toBe(false)
    expect(mayNotify({ ...telling, inThread: true, mentioned: true })).toBe(true)
  })

  test('a muted group is silent until the mute ends, mentioned or not', () => {
    const muted = { ...telling, mentioned: true, preference: { level: ALL, mutedUntil: NOON + 1 } }
    expect(mayNotify(muted)).toBe(false)
    expect(mayNotify({ ...muted, now: NOON + 1 })).toBe(true)
  })

  test('nobody is notified during do not disturb', () => {
    expect(mayNotify({ ...telling, mentioned: true, doNotDisturb: true })).toBe(false)
  })
})

describe('quiet hours', () => {
  const night = { enabled: true, fromMinute: 23 * 60, toMinute: 7 * 60, timeZone: 'Europe/Moscow' }
  const at = (hour: number, minute = 0) => Date.UTC(2026, 0, 15, hour, minute)

  test.each([
    [at(19, 59), false],
    [at(20), true],
    [at(3, 59), true],
    [at(4), false],
  ])('over midnight, in Moscow (UTC+3): at %s %s', (now, quiet) => {
    expect(isQuiet(night, now)).toBe(quiet)
  })

  test('apply by the local clock of each day: daylight saving time moves them', () => {
    const noon = { enabled: true, fromMinute: 12 * 60, toMinute: 13 * 60, timeZone: 'Europe/Berlin' }
    expect(isQuiet(noon, Date.UTC(2026, 0, 15, 11, 30))).toBe(true)
    expect(isQuiet(noon, Date.UTC(2026, 6, 15, 11, 30))).toBe(false)
    expect(isQuiet(noon, Date.UTC(2026, 6, 15, 10, 30))).toBe(true)
  })

  test('can be off; the same minute at both ends is all day; an unknown zone is UTC', () => {
    expect(isQuiet({ ...night, enabled: false }, at(22))).toBe(false)
    expect(isQuiet({ ...night, toMinute: night.fromMinute }, at(12))).toBe(true)
    expect(isQuiet({ ...night, timeZone: 'Nowhere/City' }, at(23))).toBe(true)
  })

  test.each([
    ['Europe/Moscow', true],
    ['UTC', true],
    ['', false],
    ['Mars/Olympus', false],
  ])('"%s" is a time zone: %s', (name, known) => expect(isTimeZone(name)).toBe(known))
})
