import { Contents } from '@beseda/proto/group/v1/group_service'
import { expect, test } from 'vitest'
import { parseSearch } from './search-query.js'

const day = (year: number, month: number, date: number) => new Date(year, month - 1, date).getTime()

test.each([
  ['hello world', { words: 'hello world', from: '', has: [] }],
  ['from:@anna tea', { words: 'tea', from: 'anna' }],
  ['tea has:link has:voice', { words: 'tea', has: [Contents.LINK, Contents.VOICE] }],
  ['от:anna есть:картинка чай', { words: 'чай', from: 'anna', has: [Contents.PICTURE] }],
  ['before:2026-11-01 after:2026-10-5 x', { words: 'x', before: day(2026, 11, 1), after: day(2026, 10, 5) }],
  ['in:chess from:"Ann Lee" tea', { words: 'tea', in: 'chess', from: 'Ann Lee' }],
  ['в:"Чайный клуб" чай', { words: 'чай', in: 'Чайный клуб' }],
  // A filter without a value is searched for as a word.
  ['has:nothing before:soon', { words: 'has:nothing before:soon', has: [], before: 0 }],
  ['http://from:x', { words: 'http://from:x', from: '' }],
])('%j', (text, expected) => expect(parseSearch(text)).toMatchObject(expected))
