import { expect, test } from 'vitest'
import { responseFrame, serverFrame } from './frames.js'

test.each([
  [1, 'an answer'],
  [0, ''],
  [2 ** 32 - 1, 'x'.repeat(300)],
])('an answer to request %d is encoded as the schema says', (id, text) => {
  const payload = new TextEncoder().encode(text)
  expect(responseFrame(id, payload)).toEqual(serverFrame({ case: 'response', value: { id, payload } }))
})
