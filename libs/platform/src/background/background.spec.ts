import { PartialFailure } from '@beseda/async'
import type { StoredCommit } from '@beseda/event-log'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { Background } from './background.js'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function setUp() {
  const metrics = new Registry()
  const lines: { name: string; err: { message: string } }[] = []
  const logger = pino({ level: 'warn' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  const ready = Promise.withResolvers<void>()
  let apply: (commit: StoredCommit) => void = () => undefined
  const projection = {
    ready: ready.promise,
    onApplied: (listener: typeof apply) => {
      apply = listener
      return () => undefined
    },
  }
  const commitOf = (stream: string) => apply({ stream } as StoredCommit)
  const failures = async (work: string) =>
    (await metrics.getSingleMetric('beseda_background_failures_total')?.get())?.values.find(
      ({ labels }) => labels.work === work,
    )?.value ?? 0
  return {
    background: new Background(logger, metrics),
    projection,
    becomeReady: ready.resolve,
    commitOf,
    failures,
    lines,
  }
}
const settle = () => vi.advanceTimersByTimeAsync(0)

test('work that follows a view runs when it has caught up, after commits that concern it, and every half minute', async () => {
  const { background, projection, becomeReady, commitOf } = setUp()
  let rounds = 0
  background.follow(
    'work',
    projection,
    async () => rounds++,
    ({ stream }) => stream === 'ours',
  )
  await vi.advanceTimersByTimeAsync(60_000)
  expect(rounds).toBe(0)
  becomeReady()
  await settle()
  expect(rounds).toBe(1)
  commitOf('theirs')
  await settle()
  expect(rounds).toBe(1)
  commitOf('ours')
  await settle()
  expect(rounds).toBe(2)
  await vi.advanceTimersByTimeAsync(30_000)
  expect(rounds).toBe(3)
})

test('rounds never overlap; those asked for while one runs become one that follows it', async () => {
  const { background, projection, becomeReady, commitOf } = setUp()
  const running: (() => void)[] = []
  background.follow(
    'work',
    projection,
    () => new Promise<void>((resolve) => running.push(resolve)),
    () => true,
  )
  becomeReady()
  await settle()
  for (let i = 0; i < 5; i++) commitOf('ours')
  await settle()
  expect(running).toHaveLength(1)
  running[0]!()
  await settle()
  expect(running).toHaveLength(2)
  running[1]!()
  await settle()
  expect(running).toHaveLength(2)
})

test('every failed item is logged and counted, and the next round comes', async () => {
  const { background, failures, lines } = setUp()
  let round = 0
  background.every('sweep', 1_000, async () => {
    if (++round === 1) throw new PartialFailure([new Error('ann'), new Error('bob')])
    if (round === 2) throw new Error('all')
  })
  await vi.advanceTimersByTimeAsync(3_000)
  expect(round).toBe(3)
  expect(await failures('sweep')).toBe(3)
  expect(lines.map(({ name, err }) => [name, err.message])).toEqual([
    ['sweep', 'ann'],
    ['sweep', 'bob'],
    ['sweep', 'all'],
  ])
})

test('stopping waits for the running round and starts no other', async () => {
  const { background, projection, becomeReady } = setUp()
  const release = Promise.withResolvers<void>()
  let rounds = 0
  background.every('sweep', 1_000, () => {
    rounds++
    return release.promise
  })
  background.every('late', 1_000, async () => rounds++, projection)
  await vi.advanceTimersByTimeAsync(1_000)
  let stopped = false
  const stopping = background.stop().then(() => {
    stopped = true
  })
  await settle()
  expect(stopped).toBe(false)
  release.resolve()
  await stopping
  becomeReady()
  await vi.advanceTimersByTimeAsync(10_000)
  expect(rounds).toBe(1)
})
