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
