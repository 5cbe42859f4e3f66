import { tmpdir } from 'node:os'
import { expect, it } from 'vitest'
import { assertRoom, hasRoom } from './disk.mjs'
import { cannotWrite } from './probes.mjs'

it('a start on a full disk says so, before anything is written', async () => {
  await expect(assertRoom(tmpdir(), Number.MAX_SAFE_INTEGER)).rejects.toThrow(/The disk of .* is full: \d+ MB are free/)
  await assertRoom(tmpdir(), 0)
  expect([await hasRoom(tmpdir(), 0), await hasRoom(tmpdir(), Number.MAX_SAFE_INTEGER)]).toEqual([true, false])
})

it.each([
  ['a stream that could not write', "JetStream stream '$G > S' write error: no space left on device", true],
  ['JetStream switched off', 'JetStream has been disabled', true],
  ['no JetStream', 'JetStream is not enabled', true],
  ['a stream that catches up', "JetStream stream '$G > S' is not current", false],
])('%s is recognized by the health that NATS reports', (_, error, expected) =>
  expect(cannotWrite(error)).toBe(expected),
)
