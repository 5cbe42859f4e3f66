import { createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { toBase32 } from './base32.js'
import { codeOf, counterOf, stepsAt, uriOf } from './one-time-code.js'
import { recoveryCodeOf, typedCode } from './typed-code.js'

/** The secret of the test vectors in RFC 4226 and RFC 6238. */
const SECRET = '12345678901234567890'
const codeAt = (step: number) => codeOf(createHmac('sha1', SECRET).update(counterOf(step)).digest())

test('the codes of RFC 4226, appendix D', () => {
  const codes = ['755224', '287082', '359152', '969429', '338314', '254676', '287922', '162583', '399871', '520489']
  expect(codes.map((_, step) => codeAt(step))).toEqual(codes)
})

/** The appendix has eight digits; six are their end. */
test.each([
  [59, '94287082'],
  [1_111_111_109, '07081804'],
  [1_111_111_111, '14050471'],
  [1_234_567_890, '89005924'],
  [2_000_000_000, '69279037'],
  [20_000_000_000, '65353130'],
])('the code of RFC 6238, appendix B, at %i s', (seconds, code) => {
  const [, step = 0] = stepsAt(seconds * 1_000).slice(-3)
  expect(codeAt(step)).toBe(code.slice(-6))
})

test('one step before and one after the present one are taken', () => {
  expect(stepsAt(90_000)).toEqual([2, 3, 4])
  expect(stepsAt(119_999)).toEqual([2, 3, 4])
  expect(stepsAt(120_000)).toEqual([3, 4, 5])
  expect(stepsAt(0)).toEqual([0, 1])
})

/** RFC 4648, section 10, without the padding. */
test.each([
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
])('base32 of "%s"', (text, encoded) => {
  expect(toBase32(new TextEncoder().encode(text))).toBe(encoded)
})

test('an app names the installation and the person', () => {
  expect(uriOf('ABC', 'anna', 'chat.example.org')).toBe(
    'otpauth://totp/Beseda%3Aanna%40chat.example.org?secret=ABC&issuer=Beseda&algorithm=SHA1&digits=6&period=30',
  )
  expect(uriOf('ABC', 'anna', '')).toContain('/Beseda%3Aanna?')
})

describe('a typed code', () => {
  test.each([
    ['123456', 'timed', '123456'],
    [' 123 456\n', 'timed', '123456'],
    ['123-456', 'timed', '123456'],
    ['12345', 'recovery', '12345'],
    ['abcd-efgh-ijkl-mnop', 'recovery', 'ABCDEFGHIJKLMNOP'],
    ['abcd efgh – ijkl mnop', 'recovery', 'ABCDEFGHIJKLMNOP'],
    ['', 'recovery', ''],
  ])('"%s" is a %s one', (typed, kind, text) => {
    expect(typedCode(typed)).toEqual({ kind, text })
  })

  test('a recovery code is typed as it is shown', () => {
    const shown = recoveryCodeOf(new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8, 9, 255]))
    expect(shown).toMatch(/^([A-Z2-7]{4}-){3}[A-Z2-7]{4}$/)
    expect(typedCode(shown.toLowerCase())).toEqual({ kind: 'recovery', text: shown.replaceAll('-', '') })
  })
})
