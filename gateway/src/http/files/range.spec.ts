import { expect, test } from 'vitest'
import { parseRange } from './range.js'

test.each([
  ['', undefined],
  ['bytes=0-99', { start: 0, end: 99 }],
  ['bytes=10-', { start: 10, end: 999 }],
  ['bytes=-100', { start: 900, end: 999 }],
  ['bytes=-5000', { start: 0, end: 999 }],
  ['bytes=990-5000', { start: 990, end: 999 }],
  ['bytes=1000-', 'unsatisfiable'],
  ['bytes=-0', 'unsatisfiable'],
  // These may be ignored, and are: the whole is sent.
  ['bytes=9-5', undefined],
  ['bytes=0-1,5-6', undefined],
  ['lines=0-1', undefined],
  ['bytes=-', undefined],
])('%j of 1,000 bytes', (header, expected) => expect(parseRange(header, 1000)).toEqual(expected))
