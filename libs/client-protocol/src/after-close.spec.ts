import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { afterClose } from './after-close.js'

test.each([
  ['a lost connection', 1006, { kind: 'resume', delayMs: 500, refreshToken: false }],
  ['a draining gateway', CloseCode.DRAINING, { kind: 'resume', delayMs: 0, refreshToken: false }],
  ['an expired token', CloseCode.TOKEN_EXPIRED, { kind: 'resume', delayMs: 0, refreshToken: true }],
  ['a code of a newer server that says resume', 4444, { kind: 'resume', delayMs: 0, refreshToken: false }],
  ['another window', CloseCode.REPLACED, { kind: 'stop', why: 'elsewhere' }],
  ['a session that was ended', CloseCode.SESSION_ENDED, { kind: 'stop', why: 'signed out' }],
  ['a code of a newer server that says stop', 4999, { kind: 'stop', why: 'outdated' }],
])('after %s', (_, code, expected) => expect(afterClose(code, 0, 0.5)).toEqual(expected))

test('the delay grows with consecutive closes, up to a quarter of a minute', () => {
  const delays = [0, 1, 2, 3, 4, 5, 50].map((attempt) => {
    const after = afterClose(CloseCode.INTERNAL, attempt, 1)
    return after.kind === 'resume' ? after.delayMs : -1
  })
  expect(delays).toEqual([0, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000])
})

test('without a network the client waits for it, whatever the close code; a stop stays a stop', () => {
  for (const code of [1006, CloseCode.DRAINING, CloseCode.INTERNAL])
    expect(afterClose(code, 0, 0, false)).toEqual({ kind: 'resume', delayMs: 30_000, refreshToken: false })
  expect(afterClose(CloseCode.SESSION_ENDED, 0, 0, false)).toEqual({ kind: 'stop', why: 'signed out' })
})

test('the delay grows with the attempt and never beyond the cap, for any random number', () => {
  fc.assert(
    fc.property(fc.nat({ max: 200 }), fc.double({ min: 0, max: 0.999, noNaN: true }), (attempt, random) => {
      const after = afterClose(1006, attempt, random)
      if (after.kind !== 'resume') throw new Error('stopped')
      expect(after.delayMs).toBeGreaterThanOrEqual(0)
      expect(after.delayMs).toBeLessThanOrEqual(Math.min(30_000, 1_000 * 2 ** Math.min(attempt, 30)))
    }),
  )
})
