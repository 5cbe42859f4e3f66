import { expect, test } from 'vitest'
import { isForeign } from './origin.js'

const PUBLIC = 'https://chat.example.org/'

test.each([
  ['a program', '', 'chat.example.org', PUBLIC, false],
  ['the own page', 'https://chat.example.org', 'gateway:8080', PUBLIC, false],
  ['the own page at an address inside the house', 'http://10.0.0.7:8080', '10.0.0.7:8080', PUBLIC, false],
  ['a page of somebody else', 'https://evil.example', 'chat.example.org', PUBLIC, true],
  [
    'a page over plain HTTP, in front of which somebody may stand',
    'http://chat.example.org',
    'gateway:8080',
    PUBLIC,
    true,
  ],
  ['a sandboxed frame', 'null', 'chat.example.org', PUBLIC, true],
  ['anybody, where the address is not known', 'https://evil.example', 'chat.example.org', undefined, false],
])('%s', (_, origin, host, publicUrl, foreign) => expect(isForeign(origin, host, publicUrl)).toBe(foreign))
