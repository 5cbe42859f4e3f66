import type { Note } from '@beseda/rules'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { PushDevice } from '../domain/devices/push-device.js'
import type { PushResult, PushTerms } from './ports.js'
import { PushSender } from './push-sender.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

const DEVICE = { userId: 'ann', sessionId: 'phone' } as PushDevice
const NOTE: Note = { kind: 'read', groupId: 'g' }
const TERMS: PushTerms = { ttlSeconds: 60, urgency: 'normal', topic: 'g' }
const FAILED: PushResult = { kind: 'failed', retryAfterMs: undefined, why: '503' }

/** A push service that gives these answers, one for each push, and accepts every push after them. */
function service(...answers: PushResult[]) {
  const send = vi.fn(async (): Promise<PushResult> => answers.shift() ?? { kind: 'sent' })
  const gateway = { publicKey: new Uint8Array(), requireAllowed: () => undefined, send }
  const results: string[] = []
  const sender = new PushSender(gateway, { end: async () => undefined }, { pushed: (how) => void results.push(how) })
  return { sender, send, results }
}

test('a push that failed is sent once more', async () => {
  const { sender, send, results } = service(FAILED)
  sender.send(DEVICE, NOTE, TERMS)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(send).toHaveBeenCalledTimes(2)
  expect(results).toEqual(['sent'])
})

test('unless its message is deleted by then', async () => {
  const { sender, send } = service(FAILED)
  sender.send(DEVICE, NOTE, TERMS, async () => undefined)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(send).toHaveBeenCalledTimes(1)
})

test('with the text that the message has by then', async () => {
  const { sender, send } = service(FAILED)
  const present: Note = { kind: 'edited', groupId: 'g', messageId: 'm', text: 'tea at five' }
  sender.send(DEVICE, NOTE, TERMS, async () => present)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(send).toHaveBeenLastCalledWith(DEVICE, JSON.stringify(present), TERMS)
})
