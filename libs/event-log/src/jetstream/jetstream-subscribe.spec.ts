import { type Msg, type NatsConnection, headers as natsHeaders } from '@nats-io/nats-core'
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from 'vitest'
import { encodeCommit } from '../codec.js'
import { MemoryEventStore } from '../memory.js'
import type { ReadOptions, SubscriptionBatch } from '../port.js'
import { messageCommit } from '../testing/commits.js'
import { Wake } from '../wake.js'
import { copiesOf, followStream } from './jetstream-subscribe.js'

// The log is also polled once a second; time stands still, so that no test passes by the poll alone.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
})
afterEach(() => {
  vi.useRealTimers()
})

/** A bus whose republished copies the test sends itself: real ones cannot be lost or repeated on demand. */
function setUp() {
  class CountingStore extends MemoryEventStore {
    reads = 0
    override async read(stream: string, options: ReadOptions) {
      this.reads++
      return super.read(stream, options)
    }
  }
  const store = new CountingStore()
  let receive: (error: null, message: Msg) => void = () => undefined
  let subscribed = true
  const nc = {
    subscribe: (_subject: string, { callback }: { callback: typeof receive }) => {
      receive = callback
      return { unsubscribe: () => (subscribed = false) }
    },
  } as unknown as NatsConnection
  const stop = new AbortController()
  const wake = new Wake()
  onTestFinished(() => stop.abort())
  const batches = followStream(nc, store, 'S', ['fan.>'], { afterSeq: 0, signal: stop.signal, wake })[
    Symbol.asyncIterator
  ]()
  const append = async (count: number, text = 'x') => {
    for (let i = 0; i < count; i++) await store.append({ stream: 'S', subject: 's', commit: messageCommit(text) })
  }
  const copy = (seq: number, text = 'x') => {
    const headers = natsHeaders()
    headers.set('Nats-Subject', 's')
    headers.set('Nats-Sequence', String(seq))
    receive(null, { headers, data: encodeCommit(messageCommit(text)) } as Msg)
  }
  const next = async () => {
    const { value } = (await batches.next()) as { value: SubscriptionBatch }
    return { seqs: value.commits.map(({ seq }) => seq), caughtUp: value.caughtUp }
  }
  const end = async () => {
    stop.abort()
    return { done: (await batches.next()).done, subscribed }
  }
  return { store, append, copy, next, end, wake }
}

test('reads pages up to the end of the log, then takes copies without reading', async () => {
  const { store, append, copy, next } = setUp()
  await append(501)
  const [first, second] = [await next(), await next()]
  expect([first.seqs.length, first.caughtUp, second]).toEqual([500, false, { seqs: [501], caughtUp: true }])
  const { reads } = store
  const live = next()
  await append(2)
  for (const seq of [502, 503]) copy(seq)
  expect([await live, store.reads]).toEqual([{ seqs: [502, 503], caughtUp: true }, reads])
})

test('a lost copy is read from the log, and what was delivered is not delivered again', async () => {
  const { append, copy, next } = setUp()
  await next()
  await append(3)
  const live = next()
  copy(1)
  expect((await live).seqs).toEqual([1])
  copy(3)
  copy(1)
  expect((await next()).seqs).toEqual([2, 3])
})

test('copies that come while the log is read are not delivered twice', async () => {
  const { append, copy, next } = setUp()
  await append(2)
  const past = next()
  for (const seq of [1, 2]) copy(seq)
  expect((await past).seqs).toEqual([1, 2])
  await append(1)
  copy(3)
  expect((await next()).seqs).toEqual([3])
})

test('a reader that is too slow for the copies reads the log instead', async () => {
  const { append, copy, next } = setUp()
  await next()
  await append(3)
  const live = next()
  copy(1)
  expect((await live).seqs).toEqual([1])
  for (let i = 0; i < 5_000; i++) copy(3)
  copy(1)
  expect((await next()).seqs).toEqual([2, 3])
})

/** 128 KB: four of them are yielded together, and 32 are kept. */
const LONG = 'x'.repeat(64 * 1_024)

test('long commits are yielded a few at a time, from the log and as copies', async () => {
  const { append, copy, next } = setUp()
  await append(6, LONG)
  expect(await next()).toEqual({ seqs: [1, 2, 3, 4], caughtUp: false })
  expect((await next()).seqs).toEqual([5, 6])
  const live = next()
  await append(6, LONG)
  for (let seq = 7; seq <= 12; seq++) copy(seq, LONG)
  expect([await live, await next()]).toEqual([
    { seqs: [7, 8, 9, 10], caughtUp: true },
    { seqs: [11, 12], caughtUp: true },
  ])
})

test('of long copies few are kept for a reader that is busy; the others are read from the log', async () => {
  const { store, append, copy, next } = setUp()
  await next()
  const live = next()
  await append(41, LONG)
  copy(1, LONG)
  expect((await live).seqs).toEqual([1])
  const { reads } = store
  for (let seq = 2; seq <= 41; seq++) copy(seq, LONG)
  const seqs: number[] = []
  while (seqs.at(-1) !== 41) seqs.push(...(await next()).seqs)
  expect([seqs, store.reads > reads]).toEqual([Array.from({ length: 40 }, (_, i) => i + 2), true])
})

test('without any copy the log is polled', async () => {
  const { append, next } = setUp()
  await next()
  const polled = next()
  await append(1)
  await vi.advanceTimersByTimeAsync(1_000)
  expect((await polled).seqs).toEqual([1])
})

test('ends when its signal aborts, and unsubscribes', async () => {
  const { next, end } = setUp()
  await next()
  expect(await end()).toEqual({ done: true, subscribed: false })
})

test('whoever asks for it gets what no copy has told of', async () => {
  const { append, next, wake } = setUp()
  await next()
  const asked = next()
  await append(2)
  wake.ask()
  expect((await asked).seqs).toEqual([1, 2])
  await append(1)
  wake.ask()
  expect((await next()).seqs).toEqual([3])
})

test('only copies of the wanted subjects are listened to', () => {
  const history = { subjects: ['history.0.>'], republish: { dest: 'fan.0.>' } }
  const people = { subjects: ['people.>'], republish: { dest: 'fan-people.>' } }
  const prompt = ['history.*.*.group', 'history.*.*.roster', 'people.>']
  expect(copiesOf(history, prompt)).toEqual(['fan.0.*.group', 'fan.0.*.roster'])
  expect(copiesOf(people, prompt)).toEqual(['fan-people.>'])
  expect(copiesOf(history, undefined)).toEqual(['fan.0.>'])
  expect(copiesOf({ subjects: ['history.0.>'] }, prompt)).toEqual([])
})
