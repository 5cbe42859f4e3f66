import { expect, test } from 'vitest'
import { readPublicUrl } from './public-url.js'

test('the public address is that of a host', () => {
  expect(readPublicUrl({})).toBeUndefined()
  expect(readPublicUrl({ PUBLIC_URL: '' })).toBeUndefined()
  expect(readPublicUrl({ PUBLIC_URL: 'https://chat.example.org' })).toBe('https://chat.example.org')
  expect(readPublicUrl({ PUBLIC_URL: 'http://10.0.0.7:8080/' })).toBe('http://10.0.0.7:8080/')
})

test.each(['chat.example.org', 'ftp://chat.example.org', 'https://'])('"%s" is no address', (PUBLIC_URL) =>
  expect(() => readPublicUrl({ PUBLIC_URL })).toThrow('must be an address'),
)

test.each([
  'https://example.org/chat',
  'https://example.org/chat/',
  'https://example.org/?a',
  'https://example.org/#a',
])('Beseda below a path is refused with a sentence: %s', (PUBLIC_URL) =>
  expect(() => readPublicUrl({ PUBLIC_URL })).toThrow('a host name of its own, as https://example.org'),
)
