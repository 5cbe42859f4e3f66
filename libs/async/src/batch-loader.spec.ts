import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { BatchLoader } from './batch-loader.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Requests that the test answers: each key with itself in capitals. */
function questions(most = 3) {
  const asked: (readonly string[])[] = []
  const answers: { all(): void; first(): void; fail(error: Error): void }[] = []
  const loader = new BatchLoader<string, string>(most, (keys) => {
    asked.push(keys)
    return new Promise((resolve, reject) => {
      const some = (count: number) => resolve(keys.slice(0, count).map((key) => key.toUpperCase()))
      answers.push({ all: () => some(keys.length), first: () => some(1), fail: reject })
    })
  })
  return { loader, asked, answers }
}
const turn = () => vi.advanceTimersByTimeAsync(0)

test('a caller that arrives while a request is in flight shares the next one', async () => {
  const { loader, asked, answers } = questions()
  const first = loader.get('a')
  const others = [loader.get('b'), loader.get('c')]
  expect(asked).toEqual([['a']])
  answers[0]?.all()
  await turn()
  expect(asked).toEqual([['a'], ['b', 'c']])
  answers[1]?.all()
  expect(await Promise.all([first, ...others])).toEqual(['A', 'B', 'C'])
})

test('nobody waits long for the request of others', async () => {
  const { loader, asked, answers } = questions()
  void loader.get('a')
  const second = loader.get('b')
  await vi.advanceTimersByTimeAsync(20)
  expect(asked).toEqual([['a'], ['b']])
  answers[1]?.all()
  expect(await second).toBe('B')
})

test('a full batch is sent at once', async () => {
  const { loader, asked } = questions(2)
  for (const key of ['a', 'b', 'c', 'd']) void loader.get(key)
  await turn()
  expect(asked).toEqual([['a'], ['b', 'c']])
})

test('a key that the answer left out is requested again', async () => {
  const { loader, asked, answers } = questions()
  const all = ['a', 'b', 'c', 'd'].map((key) => loader.get(key))
  answers[0]?.all()
  await turn()
  answers[1]?.first()
  await turn()
  answers[2]?.all()
  expect(await Promise.all(all)).toEqual(['A', 'B', 'C', 'D'])
  expect(asked).toEqual([['a'], ['b', 'c', 'd'], ['c', 'd']])
})

test('a failed request rejects its own callers, and not those of the next one', async () => {
  const { loader, answers } = questions()
  const first = loader.get('a')
  const second = loader.get('b')
  answers[0]?.fail(new Error('nobody is there'))
  await expect(first).rejects.toThrow('nobody is there')
  await turn()
  answers[1]?.all()
  expect(await second).toBe('B')
})
