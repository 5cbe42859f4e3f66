import fc from 'fast-check'
import { expect, test } from 'vitest'
import { type Candidate, isAdministrator } from './administrator.js'

const nobody: Candidate = {
  isBot: false,
  registeredAt: 10,
  isFounder: false,
  appointed: undefined,
  listedAt: undefined,
}
const founder = { ...nobody, isFounder: true }

test.each<[string, Candidate, boolean, boolean]>([
  ['who registered first', founder, false, true],
  ['who registered first, when ADMINS names others', founder, true, false],
  ['who registered first and was dismissed', { ...founder, appointed: false }, false, false],
  ['somebody else', nobody, false, false],
  ['who was appointed', { ...nobody, appointed: true }, false, true],
  ['who was appointed, when ADMINS names others', { ...nobody, appointed: true }, true, true],
  ['who was dismissed', { ...nobody, appointed: false }, false, false],
  ['whom ADMINS names and who was there before', { ...nobody, listedAt: 11 }, true, true],
  ['whom ADMINS names, dismissed or not', { ...nobody, listedAt: 11, appointed: false }, true, true],
  ['who took a name of ADMINS that was free', { ...nobody, listedAt: 9 }, true, false],
  ['who took it and was appointed then', { ...nobody, listedAt: 9, appointed: true }, true, true],
])('%s', (_, candidate, anyListed, expected) => expect(isAdministrator(candidate, anyListed)).toBe(expected))

test('nobody becomes one by anything they can do alone, and a bot never does', () => {
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
