import { describe, expect, test } from 'vitest'
import {
  agoText,
  bytesText,
  clockText,
  dayText,
  durationText,
  limitText,
  momentText,
  shortText,
  sinceText,
  spanText,
  whenText,
} from './formats.js'

/** As the formats write them: with no-break spaces. */
const plain = (text: string) => text.replace(/[\u00A0\u202F]/g, ' ')
const at = (text: string) => new Date(text).getTime()
const NOW = at('2026-11-25T14:05:00')
const MINUTE = 60_000

test.each([
  [400, 'en', 'in 1 second'],
  [12_000, 'en', 'in 12 seconds'],
  [61_000, 'en', 'in 2 minutes'],
  [1_000, 'ru', 'через 1 секунду'],
  [-7_200_000, 'en', '2 hours ago'],
  [-90_000_000, 'ru', '2 дня назад'],
])('%i ms in %s: %s', (ms, locale, text) => {
  expect(whenText(ms, locale)).toBe(text)
})

test.each([
  [10, 'en', 'now'],
  [5 * MINUTE, 'en', '5 minutes ago'],
  [119 * MINUTE, 'ru', '1 час назад'],
  [3 * 24 * 60 * MINUTE, 'ru', '3 дня назад'],
  [40 * 24 * 60 * MINUTE, 'en', 'Oct 16, 2026'],
])('%i ms ago in %s: %s', (ms, locale, text) => expect(agoText(NOW - ms, NOW, locale)).toBe(text))

test.each([
  ['2026-11-25T00:00:00', 'en', 'Today'],
  ['2026-11-24T23:59:59', 'ru', 'Вчера'],
  ['2026-11-03T12:00:00', 'en', 'Tuesday, November 3'],
  ['2025-11-03T12:00:00', 'en', 'Monday, November 3, 2025'],
])('the day of %s in %s: %s', (time, locale, text) => expect(dayText(at(time), NOW, locale)).toBe(text))

describe('the nearer a time is, the shorter it is written', () => {
  test.each([
    ['2026-11-25T09:03:00', 'ru', '09:03'],
    ['2026-11-25T09:03:00', 'en', '9:03 AM'],
    ['2026-11-25T15:16:00', 'en', '3:16 PM'],
    ['2026-11-22T09:03:00', 'ru', 'вс'],
    ['2026-11-03T09:03:00', 'ru', '3 нояб.'],
    ['2025-11-03T09:03:00', 'ru', '3 нояб. 25 г.'],
  ])('%s in a list: %s %s', (time, locale, text) => expect(plain(shortText(at(time), NOW, locale))).toBe(text))

  test('with its clock', () => {
    expect(sinceText(at('2026-11-25T09:03:00'), NOW, 'ru')).toBe('09:03')
    expect(plain(sinceText(at('2026-11-24T09:03:00'), NOW, 'ru'))).toBe('24 нояб., 09:03')
    expect(plain(sinceText(at('2026-11-24T09:03:00'), NOW, 'en'))).toBe('Nov 24, 9:03 AM')
    expect(plain(clockText(at('2026-11-24T15:06:07'), 'en', true))).toBe('3:06:07 PM')
    expect(plain(momentText(at('2026-11-24T09:03:00'), 'en'))).toBe('Nov 24, 2026, 9:03 AM')
  })
})

test('spans and sizes have units in their language', () => {
  expect(plain(spanText(7 * 86_400, 'en'))).toBe('7 days')
  expect(plain(spanText(90, 'ru'))).toBe('90 секунд')
  expect(plain(bytesText(0, 'en'))).toBe('0 B')
  expect(plain(bytesText(1, 'en'))).toBe('1 B')
  expect(plain(bytesText(999, 'ru'))).toBe('999 Б')
  expect(plain(bytesText(999_960, 'en'))).toBe('1 MB')
  expect(plain(bytesText(1_500_000, 'en'))).toBe('1.5 MB')
  expect(plain(bytesText(1_500_000, 'ru'))).toBe('1,5 МБ')
  expect(plain(limitText(25 * 2 ** 20, 'en'))).toBe('25 MB')
  expect(plain(limitText(1_500_000, 'en'))).toBe('1.5 MB')
  expect(durationText(65_400)).toBe('1:05')
})
