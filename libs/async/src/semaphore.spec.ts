import { expect, test } from 'vitest'
import { Semaphore } from './semaphore.js'

test('limits running tasks; the others run in order of arrival, and the queue reports when it is full', async () => {
  const semaphore = new Semaphore({ permits: 2, queueLimit: 3 })
  const began: number[] = []
  const ends: (() => void)[] = []
  const all = [0, 1, 2, 3, 4].map((i) =>
    semaphore.run(() => {
      began.push(i)
      return new Promise<void>((resolve) => ends.push(resolve))
    }),
  )
  expect(began).toEqual([0, 1])
  expect(semaphore.waiting).toBe(3)
  expect(semaphore.full).toBe(true)
  ends[1]?.()
  await all[1]
  expect(began).toEqual([0, 1, 2])
  expect(semaphore.full).toBe(false)
  ends[0]?.()
  await all[0]
  ends[2]?.()
  await all[2]
  ends[3]?.()
  ends[4]?.()
  await Promise.all(all)
  expect(began).toEqual([0, 1, 2, 3, 4])
})

test('a failed task returns its permit', async () => {
  const semaphore = new Semaphore({ permits: 1, queueLimit: 1 })
  const failed = semaphore.run(() => Promise.reject(new Error('no')))
  const next = semaphore.run(async () => 'in')
  await expect(failed).rejects.toThrow('no')
  expect(await next).toBe('in')
})
