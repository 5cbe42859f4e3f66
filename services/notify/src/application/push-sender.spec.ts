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

/** A push service that answers as told, one push after the other, and then takes all. */
function service(...answers: PushResult[]) {
  const send = vi.fn(async (): Promise<PushResult> => answers.shift() ?? { kind: 'sent' })
  const gateway = { publicKey: new Uint8Array(), requireAllowed: () => undefined, send }
  const told: string[] = []
  const sender = new PushSender(gateway, { end: async () => undefined }, { pushed: (how) => void told.push(how) })
  return { sender, send, told }
}

test('what the push service did not take is sent again', async () => {
  const { sender, send, told } = service(FAILED)
  sender.send(DEVICE, NOTE, TERMS)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(send).toHaveBeenCalledTimes(2)
  expect(told).toEqual(['sent'])
})

test('unless there is nothing to tell any more: the push that takes it away is ahead of it', async () => {
  const { sender, send } = service(FAILED)
  sender.send(DEVICE, NOTE, TERMS, async () => undefined)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(send).toHaveBeenCalledTimes(1)
})

test('as it is by then: the push that puts it right is ahead of it', async () => {
  const { sender, send } = service(FAILED)
  const present: Note = { kind: 'edited', groupId: 'g', messageId: 'm', text: 'tea at five' }
  sender.send(DEVICE, NOTE, TERMS, async () => present)
  await vi.advanceTimersByTimeAsync(2_000)
  expect(send).toHaveBeenLastCalledWith(DEVICE, JSON.stringify(present), TERMS)
})
