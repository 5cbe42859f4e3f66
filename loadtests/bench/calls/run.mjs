// How soon a call rings and stops ringing, and what it costs in Redis.
// node bench/calls/run.mjs [--url http://127.0.0.1:8080] (without: a platform of its own, from the built code)
import { parseArgs } from 'node:util'
import { Installation } from '@beseda/testkit'
import { assertLoopback } from '../../loopback.mjs'
import { inMb, inMs, table } from '../lib/table.mjs'
import { memoryOfCalls } from './memory.mjs'
import { pairsOf, ringThem } from './ringing.mjs'

const PAIRS = 30
/** A person may start 10 calls at once; the first is for warming up. */
const CALLS = 9
const LIVE_CALLS = 10_000

/** @param {string} name @param {import('../lib/measure.mjs').Times} times @param {number} goal ms */
function timesRow(name, { p50, p99, max }, goal) {
  return [name, inMs(p50), inMs(p99), inMs(max), `p99 < ${goal}${judge(p99 < goal)}`]
}

/** @param {boolean} met */
function judge(met) {
  if (!met) process.exitCode = 1
  return met ? '' : ' (!)'
}

/** @param {string} url */
async function ringing(url) {
  console.error(`${PAIRS} pairs register`)
  const pairs = await pairsOf(url, PAIRS)
  console.error(`${PAIRS * CALLS} calls`)
  const { rings, stops, joins } = await ringThem(pairs, CALLS)
  const rows = [
    timesRow('from StartCall to the ringing at the other’s socket', rings, 150),
    timesRow('from JoinCall to "answered elsewhere" at the second device', stops, 300),
    timesRow('from JoinCall to its answer: token and servers', joins, 150),
  ]
  console.log(`${table(['ringing', 'p50, ms', 'p99, ms', 'max, ms', 'goal'], rows)}\n`)
}

async function memory() {
  const rows = []
  for (const people of [2, 3, 10]) {
    const { bytes, leastTtlMs, mostTtlMs } = await memoryOfCalls(LIVE_CALLS, people)
    const hours = (/** @type {number} */ ms) => `${(ms / 3_600_000).toFixed(2)} h`
    const bounded = leastTtlMs > 0 && mostTtlMs <= 12 * 3_600_000
    rows.push([
      String(people),
      `${Math.round(bytes / LIVE_CALLS)} B${people === 2 ? judge(bytes / LIVE_CALLS < 2_048) : ''}`,
      `${inMb(bytes)}${judge(bytes < 100e6)}`,
      `${hours(leastTtlMs)} to ${hours(mostTtlMs)}${judge(bounded)}`,
    ])
  }
  console.log(table(['people in each', 'Redis a call', `${LIVE_CALLS} calls`, 'life of all keys'], rows))
}

const { values } = parseArgs({ options: { url: { type: 'string' } } })
if (values.url === undefined) {
  const installation = await Installation.start()
  const stop = () => void installation.stop().finally(() => process.exit(1))
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)
  try {
    await ringing(installation.url)
  } finally {
    await installation.stop()
  }
} else {
  assertLoopback(values.url)
  await ringing(values.url)
}
await memory()
