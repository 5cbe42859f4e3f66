import { expect, test } from 'vitest'
import { FoldRound, type Piece } from './fold-round.js'
import type { StoredCommit } from './port.js'

const piece = (stream: string, count = 1): Piece => ({
  stream,
  epoch: 'e',
  commits: Array.from({ length: count }, () => ({}) as StoredCommit),
})

test('what comes in one turn is folded together, what comes later by itself', async () => {
  const folded: string[][] = []
  const rounds = new FoldRound((pieces) => folded.push(pieces.map(({ stream }) => stream)))
  await Promise.all([rounds.add(piece('A')), rounds.add(piece('B'))])
  await rounds.add(piece('A'))
  expect(folded).toEqual([['A', 'B'], ['A']])
})

test('a round is bounded, and a piece is never torn apart', async () => {
  const folded: number[] = []
  const rounds = new FoldRound((pieces) => folded.push(pieces.flatMap(({ commits }) => commits).length))
  await Promise.all([300, 200, 1, 700, 10].map((count, i) => rounds.add(piece(String(i), count))))
  expect(folded).toEqual([500, 1, 700, 10])
})

test('who is in a round that fails is told so; the next one begins anew', async () => {
  const rounds = new FoldRound((pieces) => {
    if (pieces.some(({ stream }) => stream === 'bad')) throw new Error('cannot be folded')
  })
  const ends = await Promise.allSettled([rounds.add(piece('good')), rounds.add(piece('bad'))])
  expect(ends.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await rounds.add(piece('good'))
})
