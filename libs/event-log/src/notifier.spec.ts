import { expect, test } from 'vitest'
import { Notifier } from './notifier.js'

const { signal } = new AbortController()

test('a notice wakes everybody who waits, and nobody after them', async () => {
  const notifier = new Notifier()
  const waiting = [notifier.wait(signal), notifier.wait(signal)]
  notifier.notify()
  expect(await Promise.all(waiting)).toEqual([true, true])
  expect(await notifier.wait(signal, 1)).toBe(false)
})

test('notices while nobody waits are one notice for the next waiter', async () => {
  const notifier = new Notifier()
  notifier.notify()
  notifier.notify()
  expect([await notifier.wait(signal), await notifier.wait(signal, 1)]).toEqual([true, false])
})

test('a wait that has timed out takes no later notice', async () => {
  const notifier = new Notifier()
  expect(await notifier.wait(signal, 1)).toBe(false)
  notifier.notify()
  expect(await notifier.wait(signal, 1)).toBe(true)
})

test('an abort ends a wait, and one that begins after it', async () => {
  const notifier = new Notifier()
  const stop = new AbortController()
  const waiting = notifier.wait(stop.signal)
  stop.abort()
  expect([await waiting, await notifier.wait(stop.signal)]).toEqual([false, false])
})
