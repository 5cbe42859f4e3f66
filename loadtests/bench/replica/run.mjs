// Measures how soon a new replica of the group service is ready: as a copy of another one, and from the log when there is no other.
// node bench/replica/run.mjs [--events 1000000] [--runs 3] [--size 200]
import { parseArgs } from 'node:util'
import { inMb, short, table } from '../lib/table.mjs'
import { platform } from '../net/platform.mjs'
import { cpuSeconds, rssBytes } from '../net/usage.mjs'

const text = /** @type {const} */ ({ type: 'string' })
const { values } = parseArgs({
  options: { events: { ...text, default: '1000000' }, runs: { ...text, default: '3' }, size: { ...text, default: '200' } },
})
const events = Number(values.events)
const runs = Number(values.runs)
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

try {
  await running.fill(events, 'x'.repeat(Number(values.size)))
  await folded()
  const rows = []
  let giver = 'group-0'
  for (let run = 0; run < runs; run++) {
    const { name, cells } = await begin(giver)
    rows.push([short(events), 'copied', ...cells])
    console.error(rows.at(-1)?.join(' | '))
    await fleet.scaleDown(name)
  }
  for (let run = 0; run < runs; run++) {
    await fleet.scaleDown(giver)
    const { name, cells } = await begin(undefined)
    giver = name
    rows.push([short(events), 'from the log', ...cells])
    console.error(rows.at(-1)?.join(' | '))
  }
  console.log(table(['events', 'a new replica', 'ready after, s', 'CPU, s: itself / giver / bus', 'its memory'], rows))
} finally {
  await running.stop()
}
