import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { cleanEmail, foldEmail, isEmail } from './email.js'

test.each([
  'a@b.org',
  'anna.kim+chat@mail.example.co.uk',
  "o'neil@example.org",
  'x_y-z@xn--e1afmkfd.xn--p1ai',
  `${'l'.repeat(64)}@example.org`,
])('%s is an address', (address) => expect(isEmail(address)).toBe(true))

test.each([
  '',
  '@',
  'a@',
  '@b.org',
  'a@localhost',
  'a b@c.org',
  'a@b..org',
  '.a@b.org',
  'a.@b.org',
  'a@-b.org',
  'a@b-.org',
  'a@b.1',
  'a@[192.0.2.1]',
  '"a"@b.org',
  'Anna <a@b.org>',
  'a@b.org, c@d.org',
  'a@b.org;c@d.org',
  'group: a@b.org;',
  'a@b.org\r\nBcc: evil@x.org',
  'a@b.org\nBcc: evil@x.org',
  'a\u0000@b.org',
  'анна@пример.рф',
  `${'l'.repeat(65)}@example.org`,
  `a@${'d'.repeat(60)}.${'d'.repeat(60)}.${'d'.repeat(60)}.${'d'.repeat(60)}.${'d'.repeat(60)}.org`,
])('%j is none', (text) => expect(isEmail(text)).toBe(false))

test('whatever is accepted is one line without anything that separates addresses', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.constantFrom('', 'a@b.org'), (noise, address) => {
      for (const text of [noise + address, address + noise]) {
        if (isEmail(text)) expect(text).toMatch(/^[^\s<>()[\]:;,"\\@]+@[^\s<>()[\]:;,"\\@]+$/)
      }
    }),
  )
})

test('spaces around an address are no part of it, and one that is none is refused', () => {
  expect(cleanEmail('  a@b.org ')).toBe('a@b.org')
  expect(() => cleanEmail('a@b.org\r\nBcc: c@d.org')).toThrow(new Refusal(ErrorReason.BAD_EMAIL))
})

test('addresses that differ in case are one', () => expect(foldEmail('Anna@B.org')).toBe('anna@b.org'))
