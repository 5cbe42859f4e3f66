import { expect, test } from 'vitest'
import { TestClock } from '../time/test-clock.js'
import type { EventKind, Step } from './client-log.js'
import { Reporter } from './reporter.js'

function reporting(random = 0) {
  const clock = new TestClock()
  const sent: (readonly Step[])[] = []
  const server = { reachable: true }
  const reporter = new Reporter({
    clock,
    random: () => random,
    send: async (events) => {
      if (!server.reachable) throw new TypeError('no network')
      sent.push(events)
    },
  })
  const take = (kind: EventKind, source = 'page', reason = '') =>
    reporter.take({ at: clock.now(), source, step: 's', reason, kind, times: 1 })
  return {
    clock,
    sent,
    server,
    reporter,
    take,
    sources: () => sent.map((events) => events.map(({ source }) => source)),
  }
}

test('events of ten seconds are sent together', async () => {
  const { clock, take, sources } = reporting()
  take('STARTED', 'one')
  await clock.pass(9_000)
  take('CONNECTED', 'two')
  expect(sources()).toEqual([])
  await clock.pass(1_000)
  expect(sources()).toEqual([['one', 'two']])
})

test('clients that meet the same fault do not report it all at once', async () => {
  const { clock, take, sources } = reporting(0.5)
  take('DISCONNECTED', 'one')
  await clock.pass(12_000)
  expect(sources()).toEqual([])
  await clock.pass(500)
  expect(sources()).toEqual([['one']])
})

test('the same event is reported once a minute, independently of other events', async () => {
  const { clock, take, sources } = reporting()
  for (let i = 0; i < 100; i++) take('ERROR', 'loop', 'TypeError')
  take('ERROR', 'loop', 'RangeError')
  await clock.pass(10_000)
  expect(sources()).toEqual([['loop', 'loop']])
  await clock.pass(50_000)
  take('ERROR', 'loop', 'TypeError')
  await clock.pass(10_000)
  expect(sources().length).toBe(2)
})

test('a window sends at most six reports of 32 events a minute, whatever happens', async () => {
  const { clock, take, sent } = reporting()
  for (let i = 0; i < 6_000; i++) {
    take('ERROR', `source-${i}`)
    await clock.pass(10)
  }
  expect(sent.length).toBeLessThanOrEqual(6)
  expect(Math.max(...sent.map((events) => events.length))).toBeLessThanOrEqual(32)
})

test('an unsent report is sent when the network is back, with the events since then', async () => {
  const { clock, take, server, sources } = reporting()
  server.reachable = false
  take('DISCONNECTED', 'before')
  await clock.pass(10_000)
  take('STOPPED', 'after')
  expect(sources()).toEqual([])
  server.reachable = true
  await clock.pass(60_000)
  expect(sources()).toEqual([['before', 'after']])
  await clock.pass(120_000)
  expect(sources().length).toBe(1)
})

test('without a network the newest events are kept', async () => {
  const { clock, take, server, sources } = reporting()
  server.reachable = false
  for (let i = 0; i < 50; i++) take('ERROR', `${i}`)
  await clock.pass(10_000)
  server.reachable = true
  await clock.pass(60_000)
  expect(sources()[0]?.length).toBe(32)
  expect(sources()[0]?.at(-1)).toBe('49')
})

test('a closing page sends at once', async () => {
  const { take, reporter, sources } = reporting()
  take('CALL_LEFT', 'call')
  await reporter.flush()
  await reporter.flush()
  expect(sources()).toEqual([['call']])
})
