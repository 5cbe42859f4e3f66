import { expect, test } from 'vitest'
import { Coalescer } from './coalescer.js'

function questions() {
  const open: { resolve(value: number): void; reject(error: unknown): void }[] = []
  const round = new Coalescer<number>(() => new Promise((resolve, reject) => open.push({ resolve, reject })))
  return { open, round }
}

test('a caller that arrives during a call shares the next one, not the answer in flight', async () => {
  const { open, round } = questions()
  const first = round.get('a')
  const late = [round.get('a'), round.get('a')]
  expect(open).toHaveLength(1)
  open[0]?.resolve(1)
  expect(await first).toBe(1)
  await Promise.resolve()
  expect(open).toHaveLength(2)
  open[1]?.resolve(2)
  expect(await Promise.all(late)).toEqual([2, 2])
})

test('a failure rejects its own callers; the next call is made', async () => {
  const { open, round } = questions()
  const first = round.get('a')
  const late = round.get('a')
  open[0]?.reject(new Error('gone'))
  await expect(first).rejects.toThrow('gone')
  await Promise.resolve()
  open[1]?.resolve(2)
  expect(await late).toBe(2)
})

test('keys do not wait for each other', () => {
  const { open, round } = questions()
  void round.get('a')
  void round.get('b')
  expect(open).toHaveLength(2)
})
