import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Together } from './together.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

/** Questions that are answered when the test says so: each key with itself in capitals. */
function questions(most = 3) {
  const asked: (readonly string[])[] = []
  const answers: { all(): void; first(): void; fail(error: Error): void }[] = []
  const together = new Together<string, string>(most, (keys) => {
    asked.push(keys)
    return new Promise((resolve, reject) => {
      const some = (count: number) => resolve(keys.slice(0, count).map((key) => key.toUpperCase()))
      answers.push({ all: () => some(keys.length), first: () => some(1), fail: reject })
    })
  })
  return { together, asked, answers }
}
const turn = () => vi.advanceTimersByTimeAsync(0)

test('who comes while a question is under way shares the next one', async () => {
  const { together, asked, answers } = questions()
  const first = together.get('a')
  const others = [together.get('b'), together.get('c')]
  expect(asked).toEqual([['a']])
  answers[0]?.all()
  await turn()
  expect(asked).toEqual([['a'], ['b', 'c']])
  answers[1]?.all()
  expect(await Promise.all([first, ...others])).toEqual(['A', 'B', 'C'])
})

test('nobody waits long for an answer to others', async () => {
  const { together, asked, answers } = questions()
  void together.get('a')
  const second = together.get('b')
  await vi.advanceTimersByTimeAsync(20)
  expect(asked).toEqual([['a'], ['b']])
  answers[1]?.all()
  expect(await second).toBe('B')
})

test('as many as one question takes do not wait at all', async () => {
  const { together, asked } = questions(2)
  for (const key of ['a', 'b', 'c', 'd']) void together.get(key)
  await turn()
  expect(asked).toEqual([['a'], ['b', 'c']])
})

test('who is left without an answer is asked about again', async () => {
  const { together, asked, answers } = questions()
  const all = ['a', 'b', 'c', 'd'].map((key) => together.get(key))
  answers[0]?.all()
  await turn()
  answers[1]?.first()
  await turn()
  answers[2]?.all()
  expect(await Promise.all(all)).toEqual(['A', 'B', 'C', 'D'])
  expect(asked).toEqual([['a'], ['b', 'c', 'd'], ['c', 'd']])
})

test('a question that fails fails for those who asked it, and not for the next', async () => {
  const { together, answers } = questions()
  const first = together.get('a')
  const second = together.get('b')
  answers[0]?.fail(new Error('nobody is there'))
  await expect(first).rejects.toThrow('nobody is there')
  await turn()
  answers[1]?.all()
  expect(await second).toBe('B')
})
