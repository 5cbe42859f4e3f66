import { expect, test } from 'vitest'
import { AutoResetEvent } from './auto-reset-event.js'

const { signal } = new AbortController()

test('a set wakes the waiter, and is used up by it', async () => {
  const event = new AutoResetEvent()
  const waiting = event.wait(signal)
  event.set()
  expect(await waiting).toBe(true)
  expect(await event.wait(signal, 1)).toBe(false)
})

test('a set while nobody waits is kept for the next waiter', async () => {
  const event = new AutoResetEvent()
  event.set()
  event.set()
  expect([await event.wait(signal), await event.wait(signal, 1)]).toEqual([true, false])
})

test('an abort ends the wait, before it or during it', async () => {
  const event = new AutoResetEvent()
  const stop = new AbortController()
  const waiting = event.wait(stop.signal)
  stop.abort()
  expect([await waiting, await event.wait(stop.signal)]).toEqual([false, false])
})
