// Measures how long a client waits for a write: a new group of a hundred members, a message stored on disk.
// node bench/commands/run.mjs [--runs 3] [--url http://127.0.0.1:8080] (without --url: starts its own platform from the built code, with two
// replicas of every service)
import { parseArgs } from 'node:util'
import { Installation } from '@beseda/testkit'
import { assertLoopback } from '../../loopback.mjs'
import { RUNS, report } from '../lib/report.mjs'
import { inMs } from '../lib/table.mjs'
import { register } from './people.mjs'
import { createGroups, overHttp, overSocket, postMessages } from './work.mjs'

const PEOPLE = 100
const GROUPS = 200
const WARM_UP = 20
/** Messages of each way to post; the first one is the warm-up. */
const AUTHORS = 31
/** A person may post 60 at once. */
const EACH = 50

/** @param {string} url */
async function bench(url) {
  console.error(`${PEOPLE} people register`)
  const people = await register(url, PEOPLE)
  console.error(`${GROUPS} groups`)
  const { places, times: groups } = await createGroups(url, people, GROUPS, WARM_UP)
  console.error(`${2 * AUTHORS * EACH} messages`)
  const bySocket = await postMessages(places.slice(0, AUTHORS), EACH, overSocket(url))
  const byHttp = await postMessages(places.slice(AUTHORS, 2 * AUTHORS), EACH, overHttp(url))
  return [
    line('create a group of 100, HTTP', groups, 'p99 < 100', groups.p99 < 100),
    line('post a message, WebSocket', bySocket, 'p50 < 10', bySocket.p50 < 10),
    line('post a message, HTTP', byHttp, 'p50 < 10', byHttp.p50 < 10),
  ]
}

/** @param {string} name @param {import('../lib/measure.mjs').Times} times @param {string} goal @param {boolean} met */
function line(name, { p50, p99, max }, goal, met) {
  if (!met) process.exitCode = 1
  return [name, inMs(p50), inMs(p99), inMs(max), `${goal}${met ? '' : ' (!)'}`]
}

/** @param {(url: string) => Promise<string[][]>} work */
async function onOwnPlatform(work) {
  const installation = await Installation.start({}, { replicas: 2 })
  const stop = () => void installation.stop().finally(() => process.exit(1))
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, stop)
  try {
    return await work(installation.url)
  } finally {
    await installation.stop()
  }
}

const { values } = parseArgs({ options: { runs: RUNS, url: { type: 'string' } } })
const { url } = values
if (url !== undefined) assertLoopback(url)
const head = ['command', 'p50, ms', 'p99, ms', 'max, ms', 'goal']
await report(Number(values.runs), [head], async () => [await (url === undefined ? onOwnPlatform(bench) : bench(url))])
