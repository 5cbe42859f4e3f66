import { readFileSync } from 'node:fs'
import { Installation } from '@beseda/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type Limits, runMini, type Script } from '../../loadtests/engine/mini.mjs'
import { verdictOf } from '../../loadtests/verdict.mjs'

/** Artillery's campaigns with the same engine and scenarios, but few people: each of them still runs, and loses nothing. */
let beseda: Installation
beforeAll(async () => {
  beseda = await Installation.start()
})
afterAll(() => beseda?.stop())

const small: Limits = { people: 8, seconds: 1, loops: 3, thinkMs: 300 }

test.each([
  ['smoke', 'beseda.message.posted'],
  ['mix', 'beseda.requests'],
  ['fanout', 'beseda.message.posted'],
  ['storm', 'beseda.message.posted'],
  ['presence', 'beseda.presence.changes'],
  ['calls', 'beseda.call.held'],
])('%s', async (name, counter) => {
  const file = new URL(`../../loadtests/scenarios/${name}.yml`, import.meta.url)
  const script = parse(readFileSync(file, 'utf8')) as Script
  const aggregate = await runMini(script, beseda.url, small)
  expect(aggregate.counters[counter]).toBeGreaterThan(0)
  expect(aggregate.counters['vusers.completed']).toBe(Math.min(8, script.config.phases[0].arrivalCount))
  // Speed is measured on a dedicated machine: here other processes run, too.
  const { problems } = verdictOf({ counters: aggregate.counters, summaries: {} })
  expect(problems).toEqual([])
})
