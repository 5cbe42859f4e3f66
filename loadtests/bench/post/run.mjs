// From a person's socket through the gateway and the group service into the log, on disk, and back to the members; beside
// bare publishes into the same server.
// node bench/post/run.mjs [--people 1000] [--groups 10,100,1000] [--seconds 6] [--size 200] [--stored 0] [--pause 250] [--partitions 4]
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { jetstreamManager } from '@nats-io/jetstream'
import { inMs, short, table } from '../lib/table.mjs'
import { ask } from '../net/crowd.mjs'
import { platform } from '../net/platform.mjs'
import { cpuSeconds, quantile } from '../net/usage.mjs'

const text = /** @type {const} */ ({ type: 'string' })
const { values } = parseArgs({
  options: {
    people: { ...text, default: '1000' },
    groups: { ...text, default: '10,100,1000' },
    seconds: { ...text, default: '6' },
    size: { ...text, default: '200' },
    stored: { ...text, default: '0' },
    pause: { ...text, default: '250' },
    partitions: { ...text, default: '4' },
  },
})
const people = Number(values.people)
const seconds = Number(values.seconds)
const size = Number(values.size)
const stored = Number(values.stored)
const partitions = Number(values.partitions)
const WARM_UP_S = 3
const PROCESSES = ['gateway-0', 'group-0', 'nats-0', 'redis']
const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url))

const wait = (/** @type {number} */ s) => new Promise((resolve) => setTimeout(resolve, s * 1000))

/** Bare publishes into new streams of the same server, as many in flight as there are people. @param {import('@nats-io/transport-node').NatsConnection} bus @param {number} streams */
async function bare(bus, streams) {
  const manager = await jetstreamManager(bus)
  const names = Array.from({ length: streams }, (_, i) => `BENCH_${i}`)
  for (const [i, name] of names.entries()) await manager.streams.add({ name, subjects: [`bench.${i}`] })
  const payload = new Uint8Array(size + 150)
  /** @type {number[]} */
  const waits = []
  const end = performance.now() + seconds * 1000
  const lane = async (/** @type {number} */ i) => {
    while (performance.now() < end) {
      const began = performance.now()
      await bus.request(`bench.${i % streams}`, payload, { timeout: 30_000 })
      waits.push((performance.now() - began) * 1000)
    }
  }
  await Promise.all(Array.from({ length: people }, (_, i) => lane(i)))
  for (const name of names) await manager.streams.delete(name)
  return waits
}

/** Resolves when the group service has folded what was put into the log. @param {Awaited<ReturnType<typeof platform>>} running */
async function folded(running) {
  for (;;) {
    const text = await (await fetch(`${running.fleet.healthUrl('group-0')}/metrics`)).text()
    const lags = [...text.matchAll(/^beseda_view_lag_commits\{.*\} (\d+)$/gm)]
    if (lags.length > 0 && lags.every(([, lag]) => lag === '0')) return
    await wait(2)
  }
}

/** Everybody writes; what it takes, and what bare publishes take. @param {number} groups */
async function measure(groups) {
  const groupsOf = (/** @type {number} */ person) =>
    groups <= people
      ? [person % groups]
      : Array.from({ length: Math.ceil((groups - person) / people) }, (_, i) => person + i * people)
  const running = await platform({ people, groups, groupsOf, partitions, kinds: ['group'] })
  const worker = fork(WORKER, { stdio: 'inherit' })
  const bus = await running.fleet.connectToBus()
  const cpuOf = () =>
    [...PROCESSES.map((name) => running.fleet.find(name).pid), worker.pid].map((pid) => cpuSeconds(pid))
  try {
    await running.fill(stored, 'x'.repeat(size))
    if (stored > 0) await folded(running)
    const places = running.users.map((_, person) => groupsOf(person).map((group) => running.groupIds[group] ?? ''))
    await ask(worker, 'open', { ...running.order, count: people, sources: 1, groups: places, size })
    await ask(worker, 'write', { pauseMs: Number(values.pause) })
    await wait(WARM_UP_S)
    const before = cpuOf()
    await ask(worker, 'begin')
    await wait(seconds)
    const counted = await ask(worker, 'end')
    const cpus = cpuOf().map((cpu, i) => Math.round(((cpu - (before[i] ?? 0)) / seconds) * 100))
    await ask(worker, 'stop')
    await wait(1)
    return { counted, cpus, raw: await bare(bus, 1), spread: await bare(bus, partitions) }
  } finally {
    await bus.close()
    worker.disconnect()
    await running.stop()
  }
}

const times = (/** @type {number[]} */ us) => `${inMs(quantile(us, 0.5) / 1000)} / ${inMs(quantile(us, 0.99) / 1000)}`
const perSecond = (/** @type {number} */ count) => String(Math.round(count / seconds))
const head = [
  ...['groups', 'stored before', 'acknowledged/s', 'refused', 'p50 / p99, ms', 'commits at members/s'],
  ...['delivery p50 / p99, ms', 'bare publishes/s', 'bare p50 / p99, ms', `bare into ${partitions} streams/s`],
  ...['CPU %: gateway / group / bus / redis / clients', 'CPU a message, ms: gateway / group / bus'],
]
const rows = []
for (const groups of values.groups.split(',').map(Number)) {
  console.error(`${groups} groups`)
  const { counted, cpus, raw, spread } = await measure(groups)
  rows.push([
    ...[short(groups), short(stored), perSecond(counted.acknowledged), String(counted.refused), times(counted.waits)],
    ...[perSecond(counted.commits), times(counted.ages), perSecond(raw.length), times(raw)],
    ...[perSecond(spread.length), cpus.join(' / ')],
    cpus
      .slice(0, 3)
      .map((percent) => ((percent * 10 * seconds) / counted.acknowledged).toFixed(2))
      .join(' / '),
  ])
}
console.log(table(head, rows))
