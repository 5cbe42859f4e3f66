import { expect, test } from 'vitest'
import type { StoredCommit } from '../port.js'
import { FoldBatcher, type StreamBatch } from './fold-batcher.js'

const batch = (stream: string, count = 1, bytes = 1): StreamBatch => ({
  stream,
  epoch: 'e',
  commits: Array.from({ length: count }, () => ({ bytes: new Uint8Array(bytes) }) as StoredCommit),
})

test('batches of one turn are folded together, later ones by themselves', async () => {
  const folded: string[][] = []
  const batcher = new FoldBatcher((batches) => folded.push(batches.map(({ stream }) => stream)))
  await Promise.all([batcher.add(batch('A')), batcher.add(batch('B'))])
  await batcher.add(batch('A'))
  expect(folded).toEqual([['A', 'B'], ['A']])
})

test('a transaction is bounded, and no batch is split', async () => {
  const folded: number[] = []
  const batcher = new FoldBatcher((batches) => folded.push(batches.flatMap(({ commits }) => commits).length))
  await Promise.all([300, 200, 1, 700, 10].map((count, i) => batcher.add(batch(String(i), count))))
  expect(folded).toEqual([500, 1, 700, 10])
})

test('so are the bytes of a transaction: a commit can have a hundred events', async () => {
  const folded: number[] = []
  const batcher = new FoldBatcher((batches) => folded.push(batches.length))
  await Promise.all([400, 400, 400, 2_000, 1].map((kib, i) => batcher.add(batch(String(i), 1, kib * 1_024))))
  expect(folded).toEqual([2, 1, 1, 1])
})

test('every batch of a failed fold is rejected; the next fold starts afresh', async () => {
  const batcher = new FoldBatcher((batches) => {
    if (batches.some(({ stream }) => stream === 'bad')) throw new Error('cannot be folded')
  })
  const outcomes = await Promise.allSettled([batcher.add(batch('good')), batcher.add(batch('bad'))])
  expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  await batcher.add(batch('good'))
})

test('what comes while the view is held is folded together when it is released', async () => {
  const folded: string[][] = []
  const { promise, resolve } = Promise.withResolvers<void>()
  let held: Promise<void> | undefined = promise
  const batcher = new FoldBatcher(
    (batches) => folded.push(batches.map(({ stream }) => stream)),
    () => held,
  )
  const first = batcher.add(batch('A'))
  await new Promise((turned) => setImmediate(turned))
  const second = batcher.add(batch('B'))
  expect(folded).toEqual([])
  held = undefined
  resolve()
  await Promise.all([first, second])
  expect(folded).toEqual([['A', 'B']])
})
