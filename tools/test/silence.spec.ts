import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { SILENCE_MS, Silence } from './silence.mjs'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

test('a run of which nothing is heard any more is told of', () => {
  const onSilence = vi.fn()
  const silence = new Silence(onSilence)
  silence.heard()
  vi.advanceTimersByTime(SILENCE_MS - 1)
  silence.heard()
  vi.advanceTimersByTime(SILENCE_MS - 1)
  expect(onSilence).not.toHaveBeenCalled()
  vi.advanceTimersByTime(1)
  expect(onSilence).toHaveBeenCalledOnce()
  expect(silence.sentence).toBe('nothing was heard of it for 15 min, so the run was ended')
})

test('one that has ended may be silent', () => {
  const onSilence = vi.fn()
  const silence = new Silence(onSilence)
  silence.heard()
  silence.end()
  vi.advanceTimersByTime(2 * SILENCE_MS)
  expect(onSilence).not.toHaveBeenCalled()
})
