// Measures how soon a new replica of the group service is ready: as a copy of another one, and from the log when there is no other.
// node bench/replica/run.mjs [--runs 3] [--events 1000000] [--size 200]
import { parseArgs } from 'node:util'
import { RUNS, report } from '../lib/report.mjs'
import { inMb, short } from '../lib/table.mjs'
import { platform } from '../net/platform.mjs'
import { cpuSeconds, rssBytes } from '../net/usage.mjs'

const text = /** @type {const} */ ({ type: 'string' })
const { values } = parseArgs({
  options: { runs: RUNS, events: { ...text, default: '1000000' }, size: { ...text, default: '200' } },
})
const events = Number(values.events)
const PEOPLE = 100
const GROUPS = 100

const running = await platform({
  people: PEOPLE,
  groups: GROUPS,
  groupsOf: (person) => [person % GROUPS],
  kinds: ['group'],
})
const { fleet } = running
const seconds = (/** @type {number} */ s) => s.toFixed(1)

/** Resolves when the first replica has folded everything. */
async function folded() {
  for (;;) {
    const metrics = await (await fetch(`${fleet.healthUrl('group-0')}/metrics`)).text()
    const lags = [...metrics.matchAll(/^beseda_view_lag_commits\{.*\} (\d+)$/gm)]
    if (lags.length > 0 && lags.every(([, lag]) => lag === '0')) return
    await new Promise((resolve) => setTimeout(resolve, 1_000))
  }
}

/** A new replica, until it is ready. @param {string | undefined} giver */
async function begin(giver) {
  const cpuOf = (/** @type {string | undefined} */ name) => (name ? cpuSeconds(fleet.find(name).pid) : 0)
  const before = { giver: cpuOf(giver), bus: cpuOf('nats-0') }
  const began = performance.now()
  const name = await fleet.scaleUp('group')
  const took = (performance.now() - began) / 1_000
  const used = [cpuOf(name), cpuOf(giver) - before.giver, cpuOf('nats-0') - before.bus].map(seconds)
  return { name, cells: [seconds(took), used.join(' / '), inMb(rssBytes(fleet.find(name).pid))] }
}

const HEAD = ['events', 'a new replica', 'ready after, s', 'CPU, s: itself / giver / bus', 'its memory']

try {
  await running.fill(events, 'x'.repeat(Number(values.size)))
  await folded()
  const live = inMb(rssBytes(fleet.find('group-0').pid))
  console.error(`group-0 has folded ${short(events)} events as they came: ${live}`)
  let giver = 'group-0'
  await report(Number(values.runs), [HEAD], async () => {
    const copied = await begin(giver)
    await fleet.scaleDown(copied.name)
    await fleet.scaleDown(giver)
    const read = await begin(undefined)
    giver = read.name
    const rows = [
      [short(events), 'copied', ...copied.cells],
      [short(events), 'from the log', ...read.cells],
    ]
    for (const row of rows) console.error(row.join(' | '))
    return [rows]
  })
} finally {
  await running.stop()
}
