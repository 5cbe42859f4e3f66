import { MemoryEventStore } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { NOTIFY_STREAM, PEOPLE_STREAM } from '@beseda/proto'
import { afterEach, expect, test } from 'vitest'
import { replica } from '../../../testing/scheduled.js'
import { notifyView } from '../adapters/views/notify-view.js'
import { SqlitePushDeviceStore } from '../adapters/views/push-device-store.js'
import { PushSubscriptions } from './push-subscriptions.js'

const NOW = new Date('2026-01-01T00:00:00Z')
const [ANN, BOB] = [newId(), newId()]

let stop = async () => {}
afterEach(() => stop())

async function subscriptions() {
  const { history, stop: end } = await replica(new MemoryEventStore(), [NOTIFY_STREAM, PEOPLE_STREAM], notifyView)
  stop = end
  const gateway = {
    publicKey: new Uint8Array(),
    requireAllowed: () => undefined,
    send: async () => ({ kind: 'sent' }) as const,
  }
  const all = new PushSubscriptions(
    history,
    new SqlitePushDeviceStore(history.deps.projection),
    { endedSessions: async () => [] },
    gateway,
  )
  const subscribe = (userId: string, endpoint: string, sessionId = newId()) => {
    const wanted = { deviceId: newId(), endpoint, p256dh: new Uint8Array(), auth: new Uint8Array(), locale: 'en' }
    const signal = new AbortController().signal
    return all.subscribe(sessionId, wanted, { userId, commandId: newId(), now: NOW, traceparent: undefined, signal })
  }
  const endpoints = async (userId: string) => (await all.living([userId], 0)).map(({ endpoint }) => endpoint).sort()
  return { subscribe, endpoints }
}

test('a browser on which another account signs in gets no more pushes of the one before', async () => {
  const { subscribe, endpoints } = await subscriptions()
  await subscribe(ANN, 'https://push.example/browser')
  await subscribe(ANN, 'https://push.example/phone')
  await subscribe(BOB, 'https://push.example/browser')
  expect(await endpoints(ANN)).toEqual(['https://push.example/phone'])
  expect(await endpoints(BOB)).toEqual(['https://push.example/browser'])
})

test('a session that moves to a new address, and an older session at the same address, get each push once', async () => {
  const { subscribe, endpoints } = await subscriptions()
  const session = newId()
  await subscribe(ANN, 'https://push.example/old', session)
  await subscribe(ANN, 'https://push.example/new', session)
  await subscribe(ANN, 'https://push.example/new')
  expect(await endpoints(ANN)).toEqual(['https://push.example/new'])
})

test('a twenty-first device replaces the oldest', async () => {
  const { subscribe, endpoints } = await subscriptions()
  for (let i = 10; i < 33; i++) await subscribe(ANN, `https://push.example/${i}`)
  expect(await endpoints(ANN)).toEqual(Array.from({ length: 20 }, (_, i) => `https://push.example/${i + 13}`))
})
