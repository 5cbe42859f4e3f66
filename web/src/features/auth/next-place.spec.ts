import { expect, test } from 'vitest'
import { nextPlace, rememberPlace } from './next-place.js'

test('who signs in again is where they signed out; another person is at the start', () => {
  rememberPlace('ann', '/c/chess?m=1')
  expect([nextPlace({ query: {} }, 'ann'), nextPlace({ query: {} }, 'bob')]).toEqual(['/c/chess?m=1', '/'])
})

test('nobody is nowhere', () => {
  rememberPlace('', '/c/chess')
  expect([nextPlace({ query: {} }), nextPlace({ query: {} }, '')]).toEqual(['/', '/'])
})

test('a page that was asked for comes first, if it is of this site', () => {
  rememberPlace('ann', '/c/chess')
  expect(nextPlace({ query: { next: '/c/club' } }, 'ann')).toBe('/c/club')
  for (const next of ['//evil.example', 'https://evil.example', ['/a', '/b']])
    expect(nextPlace({ query: { next } }, 'bob')).toBe('/')
})
