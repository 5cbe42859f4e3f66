import { expect, test } from 'vitest'
import { SharedRead } from './shared-read.js'

/** Reads that the test answers. */
function rounds() {
  const asked: (readonly string[])[] = []
  const answers: ((fail?: Error) => void)[] = []
  const all = new SharedRead<string, ReadonlyMap<string, number>>((groupIds) => {
    asked.push(groupIds)
    return new Promise((resolve, reject) =>
      answers.push((fail) => (fail ? reject(fail) : resolve(new Map(groupIds.map((id) => [id, 0]))))),
    )
  })
  return { all, asked, answers }
}
const soon = () => new Promise(setImmediate)

test('callers that arrive while a read is in flight share the next one', async () => {
  const { all, asked, answers } = rounds()
  const first = [all.get(['a']), all.get(['b'])]
  await soon()
  const second = [all.get(['c']), all.get(['d', 'e'])]
  await soon()
  expect(asked).toEqual([['a', 'b']])
  answers[0]?.()
  expect((await Promise.all(first)).map((heads) => [...heads.keys()])).toEqual([
    ['a', 'b'],
    ['a', 'b'],
  ])
  await soon()
  answers[1]?.()
  expect((await second[1])?.has('e')).toBe(true)
  expect(asked).toEqual([
    ['a', 'b'],
    ['c', 'd', 'e'],
  ])
})

test('a failed read rejects its own callers, and not those of the next one', async () => {
  const { all, answers } = rounds()
  const first = all.get(['a'])
  await soon()
  const second = all.get(['b'])
  answers[0]?.(new Error('the log is gone'))
  await expect(first).rejects.toThrow('the log is gone')
  await soon()
  answers[1]?.()
  expect((await second).has('b')).toBe(true)
})
