import { afterEach, expect, test, vi } from 'vitest'
import { Ringer } from './ringer.js'

const ringers: Ringer[] = []
afterEach(() => {
  for (const ringer of ringers.splice(0)) ringer.stop()
  vi.restoreAllMocks()
})
function start(): Ringer {
  const ringer = new Ringer()
  ringers.push(ringer)
  ringer.start()
  return ringer
}
/** The audio contexts of the ringers that ring. */
const contexts = (tones: { mock: { contexts: unknown[] } }) => new Set(tones.mock.contexts).size

test('it rings at once; of two windows one rings, and the other when that one is silent', async () => {
  const tones = vi.spyOn(AudioContext.prototype, 'createOscillator')
  const one = start()
  await expect.poll(() => tones.mock.calls.length).toBe(2)
  start()
  await expect.poll(async () => (await navigator.locks.query()).pending?.length).toBe(1)
  expect(contexts(tones)).toBe(1)
  one.stop()
  await expect.poll(() => contexts(tones)).toBe(2)
})

test('it is silent from the moment it stops', async () => {
  const ringer = start()
  ringer.stop()
  await expect.poll(async () => (await navigator.locks.query()).held?.length).toBe(0)
})
