import { afterEach, expect, test, vi } from 'vitest'
import { ticksWhileHidden } from './ticks-while-hidden.js'

afterEach(() => vi.restoreAllMocks())

function become(state: DocumentVisibilityState): void {
  vi.spyOn(document, 'visibilityState', 'get').mockReturnValue(state)
  document.dispatchEvent(new Event('visibilitychange'))
}

test('ticks continue in a hidden window, and end when it becomes visible', async () => {
  const tick = vi.fn()
  ticksWhileHidden(20, tick)
  become('hidden')
  await expect.poll(() => tick.mock.calls.length).toBeGreaterThan(3)
  become('visible')
  const seen = tick.mock.calls.length
  await new Promise((resolve) => setTimeout(resolve, 120))
  expect(tick.mock.calls.length).toBe(seen)
})
