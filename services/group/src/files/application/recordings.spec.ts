import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { type File, FileSchema } from '@beseda/proto/group/v1/group_service'
import { create } from '@bufbuild/protobuf'
import { beforeEach, expect, test, vi } from 'vitest'
import { Recordings } from './recordings.js'

const MP4 = '    ftypisom'
const POST = {
  groupId: 'g',
  recordingId: 'r',
  userId: 'ann',
  startedAt: new Date('2026-01-02T03:04:05Z'),
  soundOnly: false,
  now: new Date(),
  traceparent: undefined,
}

/** The beginning of what the pieces make; undefined: there are none, any more. */
let pieces: string | undefined
let joined: { bytes: string; file?: File } | undefined
/** In the log; the view has it when it has caught up. */
let [posted, seen] = [false, false]
let refusal: ErrorReason | undefined
let recordings: Recordings
let store: { joinPieces(): Promise<boolean> }
beforeEach(() => {
  ;[pieces, joined, posted, seen, refusal] = [MP4, undefined, false, false, undefined]
  const files = {
    find: async () => joined && { id: 'r', size: 12, storedAt: 0, userId: 'ann', file: joined.file },
    read: async () => new TextEncoder().encode(joined?.bytes),
    describe: async (_: string, file: File) => {
      if (joined) joined = { ...joined, file }
    },
    joinPieces: async () => {
      if (pieces !== undefined) joined = { bytes: pieces }
      return pieces !== undefined
    },
    deletePieces: async () => {
      pieces = undefined
    },
    delete: async () => {
      joined = undefined
    },
    putThumbnail: async () => undefined,
    list: async () => [],
    sweepRemains: async () => undefined,
  }
  const finish = async (id: string, _: string, name: string) =>
    joined?.file ?? create(FileSchema, { id, name, contentType: 'image/avif', hasThumbnail: true, size: 12n })
  const post = async () => {
    if (refusal !== undefined) throw new Refusal(refusal)
    posted = true
    return { groupId: 'g', seq: 1 } as never
  }
  const catchUp = async () => {
    seen = posted
  }
  const uses = { isKept: () => seen }
  store = files
  recordings = new Recordings(files, { finish }, { post }, { id: () => 'm' }, uses, { catchUp })
})

test('a refusal deletes what was never posted, and leaves what an earlier request has posted', async () => {
  refusal = ErrorReason.NOT_A_MEMBER
  expect(await recordings.post(POST)).toBe(false)
  expect([joined, pieces]).toEqual([undefined, undefined])
  refusal = undefined
  pieces = MP4
  expect(await recordings.post(POST)).toBe(true)
  // The answer was lost, and its author has left before it is asked for again.
  refusal = ErrorReason.NOT_A_MEMBER
  expect(await recordings.post(POST)).toBe(true)
  expect(joined).toBeDefined()
})

test('requests at once share one run', async () => {
  const join = vi.spyOn(store, 'joinPieces')
  expect(await Promise.all([recordings.post(POST), recordings.post(POST), recordings.post(POST)])).toEqual([
    true,
    true,
    true,
  ])
  expect(join).toHaveBeenCalledOnce()
  expect(joined).toBeDefined()
})

test('a file that is not found deletes no pieces', async () => {
  refusal = ErrorReason.FILE_NOT_FOUND
  await expect(recordings.post(POST)).rejects.toThrow('FILE_NOT_FOUND')
  expect([joined?.bytes, pieces]).toEqual([MP4, MP4])
})

test('what may be posted later stays', async () => {
  refusal = ErrorReason.SLOW_MODE
  await expect(recordings.post(POST)).rejects.toThrow('SLOW_MODE')
  expect([joined?.bytes, pieces]).toEqual([pieces, pieces])
})

test.each([
  [MP4, false, 'video/mp4', 'mp4'],
  [MP4, true, 'audio/mp4', 'mp4'],
  ['    ftypavif', false, 'application/octet-stream', 'bin'],
  ['<!doctype html>', true, 'application/octet-stream', 'bin'],
])('%j is served as what it is', async (bytes, soundOnly, contentType, ending) => {
  pieces = bytes
  // The process ends after the file is inspected, and before it has its name: a repeat gives it.
  for (let i = 0; i < 2; i++) await recordings.post({ ...POST, soundOnly })
  const name = `call-2026-01-02-0304-utc.${ending}`
  expect(joined?.file).toMatchObject({ contentType, name, hasThumbnail: false })
})
