import { expect, test } from 'vitest'
import { Turns } from './turns.js'

test('so many at one time, each in its turn, also after one that failed', async () => {
  const turns = new Turns(2)
  const ends: (() => void)[] = []
  let [running, most] = [0, 0]
  const work = (fails: boolean) => async () => {
    most = Math.max(most, ++running)
    await new Promise<void>((resolve) => ends.push(resolve))
    running--
    if (fails) throw new Error('torn')
  }
  const all = [false, true, false, true, false].map((fails) => turns.take(work(fails)).catch(() => 'failed'))
  while (ends.length > 0) {
    ends.shift()?.()
    await new Promise((resolve) => setImmediate(resolve))
  }
  expect(await Promise.all(all)).toEqual([undefined, 'failed', undefined, 'failed', undefined])
  expect(most).toBe(2)
})
