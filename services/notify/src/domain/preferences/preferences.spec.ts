import { fold, Refusal } from '@beseda/kernel'
import { CallReminder, MailChoice, NotificationLevel } from '@beseda/proto/notify/v1/events'
import { DEFAULT_PREFERENCE } from '@beseda/rules'
import { expect, test } from 'vitest'
import { changeGeneral, changeGroup, DEFAULT_GENERAL, preferencesFold } from './preferences.js'

const HOURS = { enabled: true, fromMinute: 60, toMinute: 120, timeZone: 'Europe/Moscow' }
const MENTIONS = { level: NotificationLevel.MENTIONS, mutedUntil: 0 }
const MUTED = { level: NotificationLevel.ALL, mutedUntil: 5_000 }

test('what a command decides is what the fold of its events has afterwards', () => {
  const general = {
    quietHours: HOURS,
    hideContent: true,
    mail: MailChoice.SOON,
    callReminder: CallReminder.HOUR,
    callInvitations: true,
  }
  const events = [
    ...changeGeneral(general, DEFAULT_GENERAL).map((body) => ({ groupId: '', body })),
    ...changeGroup(MENTIONS, DEFAULT_PREFERENCE).map((body) => ({ groupId: 'chess', body })),
    ...changeGroup(MUTED, DEFAULT_PREFERENCE).map((body) => ({ groupId: 'choir', body })),
  ]
  expect(fold(preferencesFold, events)).toEqual({
    general,
    groups: new Map([
      ['chess', MENTIONS],
      ['choir', MUTED],
    ]),
  })
})

test('a preference that is set to the default again is none', () => {
  const events = [...changeGroup(MENTIONS, DEFAULT_PREFERENCE), ...changeGroup(DEFAULT_PREFERENCE, MENTIONS)]
  const { groups } = fold(
    preferencesFold,
    events.map((body) => ({ groupId: 'chess', body })),
  )
  expect(groups.size).toBe(0)
})

test('what is so already is no event', () => {
  expect(changeGeneral(DEFAULT_GENERAL, DEFAULT_GENERAL)).toEqual([])
  expect(
    changeGeneral({ ...DEFAULT_GENERAL, quietHours: { ...HOURS } }, { ...DEFAULT_GENERAL, quietHours: HOURS }),
  ).toEqual([])
  expect(changeGroup(MUTED, { ...MUTED })).toEqual([])
})

test.each([
  ['enabled', { enabled: false }],
  ['fromMinute', { fromMinute: 61 }],
  ['toMinute', { toMinute: 121 }],
  ['timeZone', { timeZone: 'UTC' }],
])('other quiet hours are a change: %s', (_, change) => {
  const present = { ...DEFAULT_GENERAL, quietHours: HOURS }
  expect(changeGeneral({ ...present, quietHours: { ...HOURS, ...change } }, present)).toHaveLength(1)
  expect(changeGeneral({ ...present, quietHours: undefined }, present)).toHaveLength(1)
  expect(changeGeneral({ ...present, mail: MailChoice.OFF }, present)).toHaveLength(1)
})

test('a time zone must be known where quiet hours are enabled', () => {
  const wanted = (enabled: boolean) => ({
    quietHours: { ...HOURS, enabled, timeZone: 'Mars/Olympus' },
    hideContent: false,
    mail: MailChoice.UNSPECIFIED,
    callReminder: CallReminder.UNSPECIFIED,
    callInvitations: false,
  })
  expect(() => changeGeneral(wanted(true), DEFAULT_GENERAL)).toThrow(Refusal)
  expect(changeGeneral(wanted(false), DEFAULT_GENERAL)).toHaveLength(1)
})
