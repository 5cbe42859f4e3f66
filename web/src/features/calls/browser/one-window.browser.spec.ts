import { expect, test, vi } from 'vitest'
import { holdCall } from './one-window.js'

/** Each test has its own person, because locks outlive it. */
let count = 0
const person = () => `person-${++count}`

test('one window has the call, another is refused until it releases the lock', async () => {
  const ann = person()
  const taken = vi.fn()
  const letGo = await holdCall(ann, 'free', taken)
  expect(letGo).toBeDefined()
  expect(await holdCall(ann, 'free', taken)).toBeUndefined()
  letGo?.()
  const next = await holdCall(ann, 'soon', taken)
  expect(next).toBeDefined()
  next?.()
  expect(taken).not.toHaveBeenCalled()
})

test('another window takes the call over, and the previous one is notified', async () => {
  const ann = person()
  const heard = new Promise<void>((resolve) => void holdCall(ann, 'free', resolve))
  const letGo = await holdCall(ann, 'take', () => undefined)
  await heard
  expect(await holdCall(ann, 'free', () => undefined)).toBeUndefined()
  letGo?.()
})

test('a reloaded page waits for the previous one, which is closing', async () => {
  const ann = person()
  const letGo = await holdCall(ann, 'free', () => undefined)
  const again = holdCall(ann, 'soon', () => undefined)
  letGo?.()
  expect(await again).toBeDefined()
})

test('different people do not block each other', async () => {
  expect(await holdCall(person(), 'free', () => undefined)).toBeDefined()
  expect(await holdCall(person(), 'free', () => undefined)).toBeDefined()
})
