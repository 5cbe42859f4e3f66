// Measures posting: from a person's socket through the gateway and the group service into the log, on disk, and back to the members; compared
// with bare publishes into the same server.
// node bench/post/run.mjs [--people 1000] [--groups 10,100,1000] [--members 0] [--seconds 6] [--size 200] [--stored 0,1000000]
//   [--pause 0,250] [--rate 400,800] [--partitions 4]
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { inMs, short, table } from '../lib/table.mjs'
import { ask } from '../net/crowd.mjs'
import { platform } from '../net/platform.mjs'
import { cpuSeconds, machineBusy, quantile } from '../net/usage.mjs'
import { bare } from './bare.mjs'

const text = /** @type {const} */ ({ type: 'string' })
const { values } = parseArgs({
  options: {
    people: { ...text, default: '1000' },
    groups: { ...text, default: '10,100,1000' },
    members: { ...text, default: '0' },
    seconds: { ...text, default: '6' },
    size: { ...text, default: '200' },
    stored: { ...text, default: '0' },
    pause: text,
    rate: text,
    partitions: { ...text, default: '4' },
  },
})
const numbers = (/** @type {string} */ list) => (list === '' ? [] : list.split(',').map(Number))
const people = Number(values.people)
const members = Number(values.members)
const seconds = Number(values.seconds)
const size = Number(values.size)
const partitions = Number(values.partitions)
const WARM_UP_S = 3
/** The membership service reads every commit, too. */
const SERVERS = ['gateway-0', 'group-0', 'nats-0', 'redis', 'membership-0']
const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url))

/** @typedef {Awaited<ReturnType<typeof platform>>} Platform @typedef {{ acknowledged: number, refused: number, commits: number, waits: number[], ages: number[] }} Counted */

const wait = (/** @type {number} */ s) => new Promise((resolve) => setTimeout(resolve, s * 1000))

/** The groups of a person: the groups are distributed over all people, or each has `members` members. @param {number} groups */
const groupsOf = (groups) => (/** @type {number} */ person) => {
  if (members === 0 && groups <= people) return [person % groups]
  const each = members || 1
  return Array.from({ length: groups }, (_, i) => i).filter((i) => (person - i * each + people * i) % people < each)
}

/** Resolves when the group service has folded everything in the log. @param {Platform} running */
async function folded(running) {
  for (;;) {
    const metrics = await (await fetch(`${running.fleet.healthUrl('group-0')}/metrics`)).text()
    const lags = [...metrics.matchAll(/^beseda_view_lag_commits\{.*\} (\d+)$/gm)]
    if (lags.length > 0 && lags.every(([, lag]) => lag === '0')) return
    await wait(2)
  }
}

/** @param {Platform} running @param {import('node:child_process').ChildProcess} worker @param {number} pauseMs */
async function measure(running, worker, pauseMs) {
  const cpuOf = () => [...SERVERS.map((name) => running.fleet.find(name).pid), worker.pid].map((pid) => cpuSeconds(pid))
  await ask(worker, 'write', { pauseMs })
  await wait(WARM_UP_S)
  const before = cpuOf()
  const busy = machineBusy()
  await ask(worker, 'begin')
  await wait(seconds)
  /** @type {Counted} */
  const counted = await ask(worker, 'end')
  const cpus = cpuOf().map((cpu, i) => cpu - (before[i] ?? 0))
  const share = busy()
  await ask(worker, 'stop')
  await wait(1)
  return { counted, cpus, share }
}

const times = (/** @type {number[]} */ us) => `${inMs(quantile(us, 0.5) / 1000)} / ${inMs(quantile(us, 0.99) / 1000)}`
const head = [
  ...['groups', 'stored before', 'machine busy', 'acknowledged/s', 'refused', 'p50 / p99, ms', 'commits at members/s'],
  ...[
    'delivery p50 / p99, ms',
    'CPU, ms a message: gateway / group / bus / Redis / membership',
    'all servers',
    'clients',
  ],
]
/** @type {string[][]} */
const rows = []
/** @type {string[][]} */
const bares = []

/** @param {number} groups @param {number} stored @param {Awaited<ReturnType<typeof measure>>} measured */
function note(groups, stored, { counted, cpus, share }) {
  const each = cpus.map((cpu) => (cpu * 1000) / counted.acknowledged)
  const servers = each.slice(0, SERVERS.length)
  rows.push([
    ...[
      short(groups),
      short(stored),
      `${Math.round(share * 100)} %`,
      String(Math.round(counted.acknowledged / seconds)),
    ],
    ...[
      String(counted.refused),
      times(counted.waits),
      String(Math.round(counted.commits / seconds)),
      times(counted.ages),
    ],
    servers.map((ms) => ms.toFixed(3)).join(' / '),
    servers.reduce((sum, ms) => sum + ms, 0).toFixed(3),
    (each.at(-1) ?? 0).toFixed(3),
  ])
}

/** @param {import('@nats-io/transport-node').NatsConnection} bus @param {Platform} running */
async function noteBare(bus, running) {
  const serverPid = running.fleet.find('nats-0').pid
  for (const streams of new Set([1, partitions])) {
    const { waits, rate, cpu } = await bare(bus, { streams, inFlight: people, size, seconds, serverPid })
    const ms = [cpu.server, cpu.client].map((each) => each.toFixed(3))
    bares.push([String(streams), String(Math.round(rate)), times(waits), ...ms])
  }
}

for (const groups of numbers(values.groups)) {
  const running = await platform({ people, groups, groupsOf: groupsOf(groups), partitions, kinds: ['group'] })
  const bus = await running.fleet.connectToBus()
  try {
    if (bares.length === 0) await noteBare(bus, running)
    const places = running.users.map((_, person) => groupsOf(groups)(person).map((i) => running.groupIds[i] ?? ''))
    const writers = places.filter(({ length }) => length > 0).length
    let present = 0
    for (const stored of numbers(values.stored)) {
      const began = performance.now()
      await running.fill(stored - present, 'x'.repeat(size), present)
      if (stored > present) {
        const inLog = performance.now()
        await folded(running)
        const [write, fold] = [inLog - began, performance.now() - began].map((ms) => Math.round(ms / 1000))
        console.error(`${stored - present} more stored in ${write} s, all of it in the view after ${fold} s`)
      }
      present = stored
      // No clients are connected while the log is filled: they would be closed as slow readers.
      const worker = fork(WORKER, { stdio: 'inherit' })
      await ask(worker, 'open', { ...running.order, count: people, sources: 1, groups: places, size })
      const rates = values.rate ? numbers(values.rate) : []
      const pauses = numbers(values.pause ?? (rates.length > 0 ? '' : '0'))
      for (const pauseMs of [...pauses, ...rates.map((rate) => (writers * 1000) / rate)]) {
        note(groups, stored, await measure(running, worker, pauseMs))
        console.error(rows.at(-1)?.join(' | '))
      }
      worker.disconnect()
    }
  } finally {
    await bus.close()
    await running.stop()
  }
}
const heads = ['streams', 'bare publishes/s', 'p50 / p99, ms', 'CPU, ms a publish: bus', 'client']
console.log(`${table(head, rows)}\n\n${table(heads, bares)}`)
