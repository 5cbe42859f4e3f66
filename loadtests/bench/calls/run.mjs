// Measures when a call rings, stops ringing, and is heard and seen; the delay of the picture; what recording costs; the memory of calls in Redis.
// node bench/calls/run.mjs [--runs 3] [--only ringing,windows,recording,memory] [--url http://127.0.0.1:8080] (without --url: starts its own platform from the built code)
import { parseArgs } from 'node:util'
import { Installation } from '@beseda/testkit'
import { assertLoopback } from '../../loopback.mjs'
import { timesOf } from '../lib/measure.mjs'
import { RUNS, report } from '../lib/report.mjs'
import { inMb, inMs } from '../lib/table.mjs'
import { memoryOfCalls } from './memory.mjs'
import { costOfRecording } from './recording.mjs'
import { pairsOf, ringThem } from './ringing.mjs'
import { callInWindows } from './windows.mjs'

const PAIRS = 30
/** A person may start 10 calls at once; the first is the warm-up. */
const CALLS = 9
const LIVE_CALLS = 10_000
const RECORDING_CORES = 0.5

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
  return [
    timesRow('from StartCall to the ringing at the other’s socket', rings, 150),
    timesRow('from JoinCall to "answered elsewhere" at the second device', stops, 300),
    timesRow('from JoinCall to its answer: token and servers', joins, 150),
  ]
}

/** @param {string} url */
async function windows(url) {
  console.error(`${CALLS} calls between two windows of Chromium`)
  const { sound, picture, latencies } = await callInWindows(url, { calls: CALLS, seconds: 20 })
  const row = (/** @type {string} */ name, /** @type {number[]} */ list, /** @type {number} */ goal) => {
    const p95 = list.toSorted((a, b) => a - b)[Math.floor(0.95 * list.length)] ?? Number.POSITIVE_INFINITY
    const { p50, max } = timesOf(list)
    return [name, String(list.length), inMs(p50), inMs(p95), inMs(max), `p95 < ${goal}${judge(p95 < goal)}`]
  }
  return [
    row('from the click on "Accept" to the other’s sound', sound, 1_000),
    row('from the click on "Accept" to the other’s picture', picture, 1_000),
    row('from a frame over there to the same frame here', latencies, 150),
  ]
}

/** @param {string} url */
async function recording(url) {
  console.error('two browsers, of which one records')
  const { without, costs } = await costOfRecording(url, 20)
  const rows = costs.map(([kind, cores]) => {
    const more = cores - without
    return [kind, cores.toFixed(2), more.toFixed(2), `< ${RECORDING_CORES}${judge(more < RECORDING_CORES)}`]
  })
  return [['not recorded', without.toFixed(2), '', ''], ...rows]
}

async function memory() {
  const rows = []
  for (const people of [2, 3, 10]) {
    const { bytes, leastTtlMs, mostTtlMs } = await memoryOfCalls(LIVE_CALLS, people)
    const hours = (/** @type {number} */ ms) => `${(ms / 3_600_000).toFixed(2)} h`
    const bounded = leastTtlMs > 0 && mostTtlMs <= 12 * 3_600_000
    rows.push([
      String(people),
      `${Math.round(bytes / LIVE_CALLS)} B${judge(bytes / LIVE_CALLS < 2_000)}`,
      `${inMb(bytes)}${judge(bytes < 100e6)}`,
      `${hours(leastTtlMs)} to ${hours(mostTtlMs)}${judge(bounded)}`,
    ])
  }
  return rows
}

const { values } = parseArgs({
  options: {
    runs: RUNS,
    url: { type: 'string' },
    only: { type: 'string', default: 'ringing,windows,recording,memory' },
  },
})
const wanted = new Set(values.only.split(','))

/** @param {string} url */
const onPlatform = async (url) => [
  wanted.has('ringing') ? await ringing(url) : [],
  wanted.has('windows') ? await windows(url) : [],
  wanted.has('recording') ? await recording(url) : [],
]

async function onOwnPlatform() {
  if (!['ringing', 'windows', 'recording'].some((part) => wanted.has(part))) return [[], [], []]
  const installation = await Installation.start()
  const stop = () => void installation.stop().finally(() => process.exit(1))
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)
  try {
    return await onPlatform(installation.url)
  } finally {
    await installation.stop()
  }
}

const { url } = values
if (url !== undefined) assertLoopback(url)
const heads = [
  ['ringing', 'p50, ms', 'p99, ms', 'max, ms', 'goal'],
  ['two windows of Chromium', 'count', 'p50, ms', 'p95, ms', 'max, ms', 'goal'],
  ['recording a call of two', 'cores of the browser', 'more than without', 'goal'],
  ['people in each', 'Redis a call', `${LIVE_CALLS} calls`, 'life of all keys'],
]
await report(Number(values.runs), heads, async () => [
  ...(await (url === undefined ? onOwnPlatform() : onPlatform(url))),
  wanted.has('memory') ? await memory() : [],
])
