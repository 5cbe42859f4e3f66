import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Candidate, isAdministrator, mayResetPassword } from './administrator.js'

const nobody: Candidate = {
  isBot: false,
  registeredAt: 10,
  isFounder: false,
  appointed: undefined,
  listedAt: undefined,
}
const founder = { ...nobody, isFounder: true }

test.each<[string, Candidate, boolean, boolean]>([
  ['the founder', founder, false, true],
  ['the founder, when ADMINS names others', founder, true, false],
  ['the founder, dismissed', { ...founder, appointed: false }, false, false],
  ['anybody else', nobody, false, false],
  ['an appointed account', { ...nobody, appointed: true }, false, true],
  ['an appointed account, when ADMINS names others', { ...nobody, appointed: true }, true, true],
  ['a dismissed account', { ...nobody, appointed: false }, false, false],
  ['an account that ADMINS names and that existed before', { ...nobody, listedAt: 11 }, true, true],
  ['an account that ADMINS names, dismissed or not', { ...nobody, listedAt: 11, appointed: false }, true, true],
  ['an account that registered a free name in ADMINS', { ...nobody, listedAt: 9 }, true, false],
  ['one that registered such a name and was appointed', { ...nobody, listedAt: 9, appointed: true }, true, true],
])('%s', (_, candidate, anyListed, expected) => expect(isAdministrator(candidate, anyListed)).toBe(expected))

test('nobody becomes an administrator by their own actions, and a bot never does', () => {
  const place = fc.integer({ min: 1, max: 1_000 })
  fc.assert(
    fc.property(place, place, fc.boolean(), (listedAt, later, anyListed) => {
      const stranger = { ...nobody, registeredAt: listedAt + later }
      expect(isAdministrator({ ...stranger, listedAt }, true)).toBe(false)
      expect(isAdministrator(stranger, anyListed)).toBe(false)
      const bot = { isBot: true, registeredAt: 1, isFounder: true, appointed: true, listedAt: later + 1 }
      expect(isAdministrator(bot, anyListed)).toBe(false)
    }),
  )
})

const appointed = { ...nobody, appointed: true }
const configured = { ...nobody, listedAt: 11 }
test.each<[string, Candidate, Candidate, boolean, boolean]>([
  ['an appointed administrator for anybody else', nobody, appointed, false, true],
  ['an appointed administrator for another one', appointed, appointed, false, false],
  ['an appointed administrator for the founder', founder, appointed, false, false],
  ['an appointed administrator for the founder, dismissed', { ...founder, appointed: false }, appointed, false, false],
  ['an appointed administrator for an account that ADMINS names', configured, appointed, true, false],
  ['an appointed administrator for the founder without rights', founder, appointed, true, true],
  ['the founder for an appointed administrator', appointed, founder, false, true],
  ['the founder, dismissed, for an appointed administrator', appointed, { ...founder, appointed: false }, false, false],
  ['an account that ADMINS names for an appointed administrator', appointed, configured, true, true],
  ['an account that ADMINS names for another one', configured, configured, true, false],
  ['the founder for a bot', { ...nobody, isBot: true }, founder, false, false],
])('a password reset: %s', (_, target, by, anyListed, expected) =>
  expect(mayResetPassword(target, by, anyListed)).toBe(expected),
)
