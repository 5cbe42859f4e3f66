import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { every } from './every.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('runs at once, then after each pause, and continues after a failure', async () => {
  const errors: unknown[] = []
  let runs = 0
  const stop = every(
    100,
    async () => {
      if (++runs === 2) throw new Error('the second')
    },
    (error) => errors.push(error),
  )
  await vi.advanceTimersByTimeAsync(250)
  expect(runs).toBe(3)
  expect(errors).toEqual([new Error('the second')])
  await stop()
  await vi.advanceTimersByTimeAsync(1_000)
  expect(runs).toBe(3)
})

test('runs never overlap, and stopping waits for the current one', async () => {
  const ends: (() => void)[] = []
  const stop = every(
    10,
    () => new Promise<void>((resolve) => ends.push(resolve)),
    () => undefined,
  )
  await vi.advanceTimersByTimeAsync(100)
  expect(ends).toHaveLength(1)
  let stopped = false
  const stopping = stop().then(() => (stopped = true))
  await vi.advanceTimersByTimeAsync(100)
  expect(stopped).toBe(false)
  ends[0]?.()
  await vi.advanceTimersByTimeAsync(10)
  await stopping
  expect(ends).toHaveLength(1)
})
