import { expect, test } from 'vitest'
import { endsAt } from './token-life.js'

const MINUTE = 60_000
const SERVER = Date.parse('2026-11-25T12:00:00Z')
const token = (claims: object) => `x.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.x`

test.each([
  ['as the server’s', 0],
  ['an hour ahead', 60],
  ['an hour behind', -60],
])('on a device whose clock is %s a token has the same lifetime', (_, minutes) => {
  const now = SERVER + minutes * MINUTE
  // Bytes that base64url encodes with characters of its own.
  const made = token({ iat: SERVER / 1_000, sub: '???>>>ÿÿÿ' })
  expect(endsAt(made, SERVER + 10 * MINUTE, now)).toBe(now + 10 * MINUTE)
})

test.each(['', 'opaque', token({}), token({ iat: 'now' }), 'a.b.c'])(
  'a token without times of its own ends when the server said: %s',
  (made) => expect(endsAt(made, SERVER, 0)).toBe(SERVER),
)
