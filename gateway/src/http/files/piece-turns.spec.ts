import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { expect, test } from 'vitest'
import { PieceTurns } from './piece-turns.js'

const reasonOf = (error: unknown) => (error instanceof Refusal ? error.reason : error)

/** Pieces that are being sent until `end` is called. */
function sending(turns: PieceTurns) {
  const ends: (() => void)[] = []
  const send = (userId: string) =>
    turns.during(userId, () => new Promise<void>((resolve) => ends.push(resolve))).catch(reasonOf)
  return { send, end: () => ends.shift()?.() }
}

test('one person sends two pieces at once, and another one is not kept waiting', async () => {
  const { send, end } = sending(new PieceTurns())
  const first = send('ann')
  void send('ann')
  expect(await send('ann')).toBe(ErrorReason.RATE_LIMITED)
  void send('bob')
  end()
  await first
  void send('ann')
  expect(await send('ann')).toBe(ErrorReason.RATE_LIMITED)
})

test('all together hold a bounded number of pieces, whatever becomes of them', async () => {
  const turns = new PieceTurns()
  const failed = turns.during('ann', () => Promise.reject(new Error('cut'))).catch(({ message }: Error) => message)
  expect(await failed).toBe('cut')
  const { send } = sending(turns)
  for (let i = 0; i < 24; i++) void send(`person ${i}`)
  expect(await send('one more')).toBe(ErrorReason.RATE_LIMITED)
})
