import { expect, test } from 'vitest'
import { forEachSettled, PartialFailure } from './for-each-settled.js'

const nameOf = (n: number) => `number ${n}`
const failure = (promise: Promise<unknown>) => promise.then(() => undefined).catch((error: unknown) => error)

test.each([1, 2, 10])('a failing item does not stop the others, %s at once', async (atOnce) => {
  const dealt: number[] = []
  const deal = async (n: number) => {
    await Promise.resolve()
    if (n % 2 === 1) throw new Error('odd')
    dealt.push(n)
  }
  const error = await failure(forEachSettled([1, 2, 3, 4], nameOf, deal, atOnce))
  expect(dealt).toEqual([2, 4])
  if (!(error instanceof PartialFailure)) throw new Error('nothing failed')
  expect(error.failures.map(({ message }) => message)).toEqual(['number 1', 'number 3'])
  expect(error.failures[0]?.cause).toEqual(new Error('odd'))
})

test('failures of a nested round keep their own names', async () => {
  const part = () => forEachSettled([1], nameOf, () => Promise.reject(new Error('no')))
  expect(
    await failure(
      forEachSettled(
        [part],
        () => 'the part',
        (run) => run(),
      ),
    ),
  ).toMatchObject({
    failures: [{ message: 'number 1' }],
  })
})

test('no error when every item succeeds', async () => {
  expect(await failure(forEachSettled([1, 2], nameOf, () => undefined, 3))).toBeUndefined()
})
