import type { StoredCommit } from '@beseda/event-log'
import { CommitSchema } from '@beseda/proto/log/v1/commit'
import { create } from '@bufbuild/protobuf'
import { timestampFromMs } from '@bufbuild/protobuf/wkt'
import { pino } from 'pino'
import { Registry } from 'prom-client'
import { expect, test } from 'vitest'
import { ExportEvents } from './events.js'

test('a stream lags as long as its end has not arrived, also while nothing is being sent', async () => {
  const registry = new Registry()
  let end = 5
  const events = new ExportEvents(registry, pino({ level: 'silent' }), () => end).of('kafka')
  const figure = async (name: string) => (await registry.getSingleMetric(name)?.get())?.values[0]?.value
  const lag = async () => [await figure('beseda_export_lag_commits'), (await figure('beseda_export_lag_seconds')) ?? -1]
  events.position('HISTORY_0', 5, undefined)
  expect(await lag()).toEqual([0, 0])
  end = 8
  const [commits, seconds = -1] = await lag()
  expect(commits).toBe(3)
  // It counts from when it was first asked, and goes on counting.
  await expect.poll(async () => (await lag())[1]).toBeGreaterThan(seconds)
  events.position('HISTORY_0', 8, undefined)
  expect(await lag()).toEqual([0, 0])
})

test('a commit that waits has waited since it was made', async () => {
  const registry = new Registry()
  const events = new ExportEvents(registry, pino({ level: 'silent' }), () => 2).of('kafka')
  const commit = create(CommitSchema, { time: timestampFromMs(Date.now() - 60_000) })
  events.position('HISTORY_0', 1, { seq: 2, commit } as StoredCommit)
  const { value } = (await registry.getSingleMetric('beseda_export_lag_seconds')?.get())?.values[0] ?? {}
  expect(value).toBeGreaterThanOrEqual(60)
})

test('an export that has stopped because the log was created anew lags, too, so that somebody is told', async () => {
  const registry = new Registry()
  const events = new ExportEvents(registry, pino({ level: 'silent' }), () => 7).of('kafka')
  const figure = async (name: string) => (await registry.getSingleMetric(name)?.get())?.values[0]?.value ?? -1
  events.newEpoch('HISTORY_0')
  const seconds = await figure('beseda_export_lag_seconds')
  // It is told again and again, and does not begin anew each time.
  await expect.poll(() => figure('beseda_export_lag_seconds')).toBeGreaterThan(seconds)
  events.newEpoch('HISTORY_0')
  expect(await figure('beseda_export_lag_seconds')).toBeGreaterThan(seconds)
  expect(await figure('beseda_export_lag_commits')).toBe(7)
  // Until another exporter goes on with it.
  events.elsewhere('HISTORY_0')
  expect(await figure('beseda_export_lag_commits')).toBe(-1)
})
