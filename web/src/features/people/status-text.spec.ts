import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { expect, test } from 'vitest'
import { statusTextOf } from './status-text.js'

test('a status text is shown until it ends', () => {
  const user = { statusText: 'at lunch', statusUntil: timestampFromMs(5_000) }
  expect([statusTextOf(user, 4_999), statusTextOf(user, 5_000)]).toEqual(['at lunch', ''])
})

test('one without an end stays; nobody says nothing', () => {
  expect([statusTextOf({ statusText: 'here', statusUntil: undefined }, 9_000), statusTextOf(undefined, 0)]).toEqual([
    'here',
    '',
  ])
})
