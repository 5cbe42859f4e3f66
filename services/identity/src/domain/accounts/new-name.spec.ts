import fc from 'fast-check'
import { expect, test } from 'vitest'
import { displayNameOf, usernameCandidates } from './new-name.js'

const first = (claims: Parameters<typeof usernameCandidates>[0]) => usernameCandidates(claims, 'abc')[0]

test.each([
  [{ preferred_username: 'Anna.Kim' }, 'anna.kim'],
  [{ email: 'anna+chat@example.org' }, 'annachat'],
  [{ name: 'Анна Щукина' }, 'anna.shchukina'],
  [{ preferred_username: '!!', name: 'José Ñúñez' }, 'jose.nunez'],
  [{}, 'user-abc'],
  [{ name: '漢字' }, 'user-abc'],
])('%o becomes %s', (claims, name) => expect(first(claims)).toBe(name))

test('a name that is taken gets a number, and at last a unique suffix', () => {
  const names = usernameCandidates({ preferred_username: 'anna' }, 'abc')
  expect(names.slice(0, 3)).toEqual(['anna', 'anna2', 'anna3'])
  expect(names.at(-1)).toBe('anna-abc')
})

test('every candidate is a valid user name, whatever the provider tells', () => {
  const text = fc.option(fc.string({ unit: 'grapheme', maxLength: 60 }), { nil: undefined })
  fc.assert(
    fc.property(fc.record({ preferred_username: text, email: text, name: text }), (claims) => {
      for (const name of usernameCandidates(claims, 'abc123')) expect(name).toMatch(/^[a-z0-9][a-z0-9._-]{2,31}$/)
    }),
  )
})

test('the display name is the given name, or the best substitute', () => {
  expect(displayNameOf({ name: ' Anna Kim ' })).toBe('Anna Kim')
  expect(displayNameOf({ email: 'anna@example.org' })).toBe('anna')
  expect(displayNameOf({ name: '\u200b\u3164', preferred_username: 'anna' })).toBe('anna')
  expect([...displayNameOf({ name: '🌿'.repeat(100) })]).toHaveLength(64)
})
