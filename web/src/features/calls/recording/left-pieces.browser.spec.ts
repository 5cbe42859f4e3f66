import { newId } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { beforeEach, expect, test } from 'vitest'
import { holding, sendLeft } from './left-pieces.js'
import { type Piece, pieceStore } from './piece-store.js'

const DAY = 24 * 3_600_000
/** What the server says to the next piece; undefined: it takes it. */
let refusal: ErrorReason | undefined
let sent: string[]
let finished: string[]
const parts = {
  send: async ({ recordingId, n }: Piece) => {
    if (refusal !== undefined) throw refusal
    sent.push(`${recordingId}.${n}`)
  },
  reasonOf: (error: unknown) => error as ErrorReason,
  finish: async ({ recordingId }: Pick<Piece, 'recordingId'>) => void finished.push(recordingId),
}
beforeEach(() => {
  refusal = undefined
  sent = []
  finished = []
})

/** Two pieces of a recording, as a page that died has left them. */
async function left(): Promise<string> {
  const recordingId = newId()
  for (const n of [3, 4]) {
    await pieceStore.put({ recordingId, n, groupId: 'g', callId: 'c', content: new Blob(['x']) })
  }
  return recordingId
}
const isKept = async (recordingId: string) => (await pieceStore.recordings()).includes(recordingId)

test('what was left is sent, and the server told that this was all', async () => {
  const id = await left()
  await sendLeft(Date.now(), parts)
  expect([sent, finished, await isKept(id)]).toEqual([[`${id}.3`, `${id}.4`], [id], false])
})

test('what the server does not take any more is dropped', async () => {
  const id = await left()
  refusal = ErrorReason.RECORDING_NOT_FOUND
  await sendLeft(Date.now(), parts)
  expect([sent, finished, await isKept(id)]).toEqual([[], [], false])
})

test('what is a day old is dropped without a word', async () => {
  const id = await left()
  await sendLeft(Date.now() + DAY + 1, parts)
  expect([sent, finished, await isKept(id)]).toEqual([[], [], false])
})

test('what another page records now is left alone', async () => {
  const id = await left()
  const over = Promise.withResolvers<void>()
  const has = Promise.withResolvers<void>()
  const recording = holding(id, () => {
    has.resolve()
    return over.promise
  })
  await has.promise
  await sendLeft(Date.now(), parts)
  expect([sent, await isKept(id)]).toEqual([[], true])
  over.resolve()
  await recording
  await sendLeft(Date.now(), parts)
  expect(sent).toHaveLength(2)
})
