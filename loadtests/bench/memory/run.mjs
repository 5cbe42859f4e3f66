// Measures what the services that follow messages keep in memory while many events are stored: the group service has folded all of them,
// membership and notify have passed over them.
// node bench/memory/run.mjs [--runs 3] [--events 1000000] [--size 200]
import { parseArgs } from 'node:util'
import { RUNS, report } from '../lib/report.mjs'
import { inMb, short } from '../lib/table.mjs'
import { platform } from '../net/platform.mjs'
import { rssBytes } from '../net/usage.mjs'

const text = /** @type {const} */ ({ type: 'string' })
const { values } = parseArgs({
  options: { runs: RUNS, events: { ...text, default: '1000000' }, size: { ...text, default: '200' } },
})
const events = Number(values.events)
const PEOPLE = 100
const SERVICES = ['group-0', 'membership-0', 'notify-0']
const LOOK_MS = 1_000
/** Long enough for the cut of the write-ahead logs, and for what a service does when it has become idle. */
const IDLE_MS = 40_000

const wait = (/** @type {number} */ ms) => new Promise((resolve) => setTimeout(resolve, ms))

/** @typedef {Awaited<ReturnType<typeof platform>>} Platform */

/** @param {Platform} running @param {string} name */
async function hasFolded({ fleet }, name) {
  const metrics = await (await fetch(`${fleet.healthUrl(name)}/metrics`)).text()
  const lags = [...metrics.matchAll(/^beseda_view_lag_commits\{.*\} (\d+)$/gm)]
  return lags.length > 0 && lags.every(([, lag]) => lag === '0')
}

/** @param {Platform} running */
async function foldedByAll(running) {
  const all = () => Promise.all(SERVICES.map((name) => hasFolded(running, name)))
  while ((await all()).includes(false)) await wait(LOOK_MS)
}

async function rows() {
  const kinds = /** @type {const} */ (['group', 'notify'])
  const running = await platform({
    people: PEOPLE,
    groups: PEOPLE,
    groupsOf: (person) => [person],
    kinds: [...kinds],
  })
  const memory = () => SERVICES.map((name) => inMb(rssBytes(running.fleet.find(name).pid)))
  try {
    const started = memory()
    await running.fill(events, 'x'.repeat(Number(values.size)))
    await foldedByAll(running)
    const folded = memory()
    await wait(IDLE_MS)
    const idle = memory()
    return SERVICES.map((name, i) => [short(events), name, started[i] ?? '', folded[i] ?? '', idle[i] ?? ''])
  } finally {
    await running.stop()
  }
}

const HEAD = ['events', 'service', 'just started', 'all events folded', `${IDLE_MS / 1000} s later`]

await report(Number(values.runs), [HEAD], async () => {
  const found = await rows()
  for (const row of found) console.error(row.join(' | '))
  return [found]
})
