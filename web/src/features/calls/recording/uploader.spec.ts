import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { beforeEach, expect, test } from 'vitest'
import { TestClock } from '../../../time/test-clock.js'
import type { Piece } from './piece-store.js'
import { Uploader } from './uploader.js'

let clock: TestClock
let sent: number[]
let stored: Set<number>
/** What the server answers next; nothing: it takes the piece. */
let answers: ErrorReason[]
let goesOn: boolean
let uploader: Uploader
beforeEach(() => {
  clock = new TestClock()
  sent = []
  stored = new Set()
  answers = []
  goesOn = true
  uploader = new Uploader({
    clock,
    store: {
      put: async ({ n }) => void stored.add(n),
      remove: async ({ n }) => void stored.delete(n),
    },
    send: async ({ n }) => {
      const answer = answers.shift()
      if (answer !== undefined) throw answer
      sent.push(n)
    },
    goesOn: () => goesOn,
    reasonOf: (error) => error as ErrorReason,
    retryAfterMs: (error) => (error === ErrorReason.RATE_LIMITED ? 10_000 : 0),
    onChange: () => undefined,
  })
})
const piece = (n: number): Piece => ({ recordingId: 'r', groupId: 'g', callId: 'c', n, content: new Blob(['x']) })
const add = (...pieces: number[]) => {
  for (const n of pieces) uploader.add(piece(n))
}

test('pieces are sent one after the other, in order, and kept until the server has them', async () => {
  answers = [ErrorReason.UNAVAILABLE, ErrorReason.UNAVAILABLE]
  add(0, 1, 2)
  await clock.pass(1_000)
  expect([sent, [...stored], uploader.waiting]).toEqual([[], [0, 1, 2], 3])
  await clock.pass(2_000)
  await uploader.settled()
  expect([sent, [...stored], uploader.waiting]).toEqual([[0, 1, 2], [], 0])
  add(3)
  await uploader.settled()
  expect(sent).toEqual([0, 1, 2, 3])
})

test('a server that is asked too often says when to come again', async () => {
  answers = [ErrorReason.RATE_LIMITED]
  add(0)
  await clock.pass(9_000)
  expect(sent).toEqual([])
  await clock.pass(1_000)
  expect(sent).toEqual([0])
})

test('a server that has forgotten the recording learns of it again; when it is over, it is over', async () => {
  answers = [ErrorReason.RECORDING_NOT_FOUND]
  add(0)
  await clock.pass(2_000)
  expect(sent).toEqual([0])
  goesOn = false
  answers = [ErrorReason.RECORDING_NOT_FOUND]
  add(1, 2)
  await uploader.settled()
  expect([sent, uploader.refusal, uploader.waiting, stored.size]).toEqual([[0], ErrorReason.RECORDING_NOT_FOUND, 0, 0])
})

test('what the server never takes is not sent again, nor kept', async () => {
  answers = [ErrorReason.TOO_LARGE]
  add(0, 1)
  await uploader.settled()
  expect([sent, uploader.refusal, uploader.waiting, stored.size]).toEqual([[], ErrorReason.TOO_LARGE, 0, 0])
  add(2)
  await uploader.settled()
  expect(sent).toEqual([])
})
