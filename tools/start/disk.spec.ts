import { mkdir, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { assertRoom, hasRoom, roomForFilesGb } from './disk.mjs'
import { cannotWrite } from './probes.mjs'

it('a start on a full disk says so, before anything is written', async () => {
  await expect(assertRoom(tmpdir(), Number.MAX_SAFE_INTEGER)).rejects.toThrow(/The disk of .* is full: \d+ MB are free/)
  await assertRoom(tmpdir(), 0)
  expect([await hasRoom(tmpdir(), 0), await hasRoom(tmpdir(), Number.MAX_SAFE_INTEGER)]).toEqual([true, false])
})

it('files may take half of what is free beside what they take, and one gigabyte at least', async () => {
  const nats = await mkdtemp(join(tmpdir(), 'beseda-room-'))
  onTestFinished(() => rm(nats, { recursive: true, force: true }))
  const empty = roomForFilesGb(nats)
  expect(empty).toBeGreaterThanOrEqual(1)
  const pieces = join(nats, 'jetstream', '$G', 'streams', 'OBJ_files', 'msgs')
  await mkdir(pieces, { recursive: true })
  await writeFile(join(pieces, '1.blk'), '')
  // It says that it is this large, and takes nothing of the disk.
  await truncate(join(pieces, '1.blk'), 5_000 * 1024 ** 3)
  const filled = roomForFilesGb(nats)
  expect([filled - empty > 4_000, filled - empty < 6_000]).toEqual([true, true])
})

it.each([
  ['a stream that could not write', "JetStream stream '$G > S' write error: no space left on device", true],
  ['JetStream switched off', 'JetStream has been disabled', true],
  ['no JetStream', 'JetStream is not enabled', true],
  ['a stream that catches up', "JetStream stream '$G > S' is not current", false],
])('%s is recognized by the health that NATS reports', (_, error, expected) =>
  expect(cannotWrite(error)).toBe(expected),
)
