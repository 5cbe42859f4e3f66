import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Deadlines } from './deadlines.js'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

test('a signal aborts at its deadline, as that of a timeout', () => {
  const deadlines = new Deadlines()
  const [soon, late] = [deadlines.start(100), deadlines.start(10_000)]
  vi.advanceTimersByTime(99)
  expect(soon.signal.aborted).toBe(false)
  vi.advanceTimersByTime(51)
  expect([soon.signal.aborted, late.signal.aborted]).toEqual([true, false])
  expect(soon.signal.reason).toMatchObject({ name: 'TimeoutError' })
  vi.advanceTimersByTime(10_000)
  expect(late.signal.aborted).toBe(true)
})

test('what is answered does not abort any more, and nothing is left of it', () => {
  const deadlines = new Deadlines()
  const { signal, done } = deadlines.start(100)
  done()
  expect(vi.getTimerCount()).toBe(0)
  vi.advanceTimersByTime(1_000)
  expect(signal.aborted).toBe(false)
  const next = deadlines.start(100)
  vi.advanceTimersByTime(150)
  expect([next.signal.aborted, vi.getTimerCount()]).toEqual([true, 0])
})
