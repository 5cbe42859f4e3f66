import { isUuid } from '@beseda/kernel'
import { expect, test } from 'vitest'
import { InstallationSecret } from './secret.js'

const secret = InstallationSecret.of(Buffer.alloc(32, 1))

test('an id is a UUIDv8, the same for the same parts', () => {
  const id = secret.id('bot', 'ann', 'command')
  expect(isUuid(id)).toBe(true)
  expect([id[14], '89ab'.includes(id[19] ?? '')]).toEqual(['8', true])
  expect(secret.id('bot', 'ann', 'command')).toBe(id)
})

test('another kind, other parts, parts cut elsewhere or another installation give another id', () => {
  const ids = [
    secret.id('bot', 'ann', 'command'),
    secret.id('account', 'ann', 'command'),
    secret.id('bot', 'bob', 'command'),
    secret.id('bot', 'ann', 'another'),
    secret.id('bot', 'annc', 'ommand'),
    secret.id('bot', 'ann,command'),
    InstallationSecret.of(Buffer.alloc(32, 2)).id('bot', 'ann', 'command'),
  ]
  expect(new Set(ids).size).toBe(ids.length)
})

test('a secret that is too short is refused', () => {
  expect(() => InstallationSecret.of(Buffer.alloc(31))).toThrow('at least 32 bytes')
})
