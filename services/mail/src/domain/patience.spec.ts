import { LetterKind } from '@beseda/proto/mail/v1/letter'
import { expect, test } from 'vitest'
import { isWorthSending, waitAfter } from './patience.js'

test('a failed letter waits twice as long each time, but never more than ten minutes', () => {
  expect([1, 2, 3, 7, 8, 500].map(waitAfter)).toEqual([5_000, 10_000, 20_000, 320_000, 600_000, 600_000])
})

test.each([
  [LetterKind.CONFIRM_EMAIL, 24 * 3_600_000],
  [LetterKind.RESET_PASSWORD, 30 * 60_000],
  [LetterKind.NEW_DEVICE, 24 * 3_600_000],
  [LetterKind.ADDRESS_LEFT, 24 * 3_600_000],
  [LetterKind.INVITATION, 24 * 3_600_000],
  [LetterKind.MISSED, 12 * 3_600_000],
  [LetterKind.DIGEST, 20 * 3_600_000],
])('a letter of kind %d is sent as long as it is of use', (kind, worthMs) => {
  expect([0, worthMs - 1, worthMs].map((after) => isWorthSending(kind, 5, 5 + after))).toEqual([true, true, false])
})

test('a letter of a kind that is not known here is not sent', () => {
  expect(isWorthSending(99 as LetterKind, 5, 6)).toBe(false)
})
