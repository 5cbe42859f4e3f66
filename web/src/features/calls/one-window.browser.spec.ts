import { expect, test, vi } from 'vitest'
import { holdCall } from './one-window.js'

/** Each test has a person of its own: locks outlive it. */
let count = 0
const person = () => `person-${++count}`

test('one window has the call, another is refused until it lets go', async () => {
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

test('another window takes it over, and the one before hears of it', async () => {
  const ann = person()
  const heard = new Promise<void>((resolve) => void holdCall(ann, 'free', resolve))
  const letGo = await holdCall(ann, 'take', () => undefined)
  await heard
  expect(await holdCall(ann, 'free', () => undefined)).toBeUndefined()
  letGo?.()
})

test('a page that is loaded again waits for the one before, which is on its way out', async () => {
  const ann = person()
  const letGo = await holdCall(ann, 'free', () => undefined)
  const again = holdCall(ann, 'soon', () => undefined)
  letGo?.()
  expect(await again).toBeDefined()
})

test('people do not stand in each other’s way', async () => {
  expect(await holdCall(person(), 'free', () => undefined)).toBeDefined()
  expect(await holdCall(person(), 'free', () => undefined)).toBeDefined()
})
