import { Contents } from '@beseda/proto/group/v1/group_service'
import { expect, test } from 'vitest'
import { isEmptySearch, parseSearch } from './search-query.js'

const day = (year: number, month: number, date: number) => new Date(year, month - 1, date).getTime()
const NOW = day(2026, 11, 20) + 3_600_000
const { FILE, LINK, PICTURE, VIDEO, AUDIO, VOICE } = Contents

test.each([
  ['hello world', { words: 'hello world', from: '', has: [], odd: [] }],
  ['from:@anna tea', { words: 'tea', from: '@anna' }],
  ['tea has:link has:voice', { words: 'tea', has: [LINK, VOICE] }],
  ['has:video has:audio has:file has:photo', { words: '', has: [VIDEO, AUDIO, FILE, PICTURE] }],
  ['от:anna есть:картинка чай', { words: 'чай', from: 'anna', has: [PICTURE] }],
  ['before:2026-11-01 after:2026-10-5 x', { words: 'x', before: day(2026, 11, 1), after: day(2026, 10, 5) }],
  ['до:1.11.2026', { words: '', before: day(2026, 11, 1) }],
  ['on:yesterday', { after: day(2026, 11, 19), before: day(2026, 11, 20) }],
  ['in:chess from:"Ann Lee" tea', { words: 'tea', in: 'chess', from: 'Ann Lee' }],
  ['в:"Чайный клуб" чай', { words: 'чай', in: 'Чайный клуб' }],
  ['from:“Ann Lee” in:„Tee Club“ tea', { words: 'tea', in: 'Tee Club', from: 'Ann Lee' }],
  ['от:«Анна Лебедева» чай', { words: 'чай', from: 'Анна Лебедева' }],
  ['mentions:me has:pin', { words: '', mentionsMe: true, pinned: true }],
  ['is:pinned tea', { words: 'tea', pinned: true }],
  ['http://from:x localhost:8080 12:30', { words: 'http://from:x localhost:8080 12:30', odd: [] }],
])('%j', (text, expected) => expect(parseSearch(text, NOW)).toMatchObject(expected))

test.each([
  ['before:soon', 'date', ''],
  ['before:', 'date', ''],
  ['after:2026-02-31', 'date', ''],
  ['has:nothing', 'contents', ''],
  ['mentions:anna', 'me', ''],
  ['during:lunch', 'filter', 'during:lunch'],
])('%j is not understood, and wants: %s', (text, wants, words) => {
  expect(parseSearch(text, NOW)).toMatchObject({ odd: [{ text, wants }], words })
})

test.each(['before:2026-11-01', 'mentions:me', 'has:pin', 'from:anna', 'in:club', 'x'])('%j is a search', (text) => {
  expect(isEmptySearch(parseSearch(text, NOW))).toBe(false)
})
test.each(['', '  ', 'before:', 'has:nothing', 'from:'])('%j is none yet', (text) => {
  expect(isEmptySearch(parseSearch(text, NOW))).toBe(true)
})
