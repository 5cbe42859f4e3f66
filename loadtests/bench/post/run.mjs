// Measures posting: from a person's socket through the gateway and the group service into the log, on disk, and back to the members; compared
// with bare publishes into the same server, into one stream and into as many as the platform has. Every message is matched at every member.
// node bench/post/run.mjs [--runs 3] [--people 1000] [--groups 10,100,1000] [--members 0] [--seconds 6] [--size 200] [--stored 0,1000000]
//   [--pause 0,250] [--rate 400,800] [--partitions 4]
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { RUNS, report } from '../lib/report.mjs'
import { short } from '../lib/table.mjs'
import { ask } from '../net/crowd.mjs'
import { platform } from '../net/platform.mjs'
import { bare } from './bare.mjs'
import { measure, SERVERS, times, wait } from './measure.mjs'

const text = /** @type {const} */ ({ type: 'string' })
const { values } = parseArgs({
  options: {
    ...{ runs: RUNS, pause: text, rate: text },
    people: { ...text, default: '1000' },
    groups: { ...text, default: '10,100,1000' },
    members: { ...text, default: '0' },
    seconds: { ...text, default: '6' },
    size: { ...text, default: '200' },
    stored: { ...text, default: '0' },
    partitions: { ...text, default: '4' },
  },
})
const numbers = (/** @type {string} */ list) => (list === '' ? [] : list.split(',').map(Number))
const [people, members, seconds, size, partitions] = /** @type {[number, number, number, number, number]} */ (
  [values.people, values.members, values.seconds, values.size, values.partitions].map(Number)
)
const WORKER = fileURLToPath(new URL('worker.mjs', import.meta.url))

/** @typedef {Awaited<ReturnType<typeof platform>>} Platform @typedef {{ streams: number, rate: number, cells: string[] }} Bare */

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

/** @param {Platform} running @param {number} present @param {number} stored */
async function fill(running, present, stored) {
  if (stored === present) return
  const began = performance.now()
  await running.fill(stored - present, 'x'.repeat(size), present)
  const inLog = performance.now()
  await folded(running)
  const [write, fold] = [inLog - began, performance.now() - began].map((ms) => Math.round(ms / 1000))
  console.error(`${stored - present} more stored in ${write} s, all of it in the view after ${fold} s`)
}

/** @param {Platform} running @returns {Promise<Bare[]>} */
async function bares(running) {
  const bus = await running.fleet.connectToBus()
  const serverPid = running.fleet.find('nats-0').pid
  const found = []
  for (const streams of new Set([1, partitions])) {
    const { waits, rate, cpu } = await bare(bus, { streams, inFlight: people, size, seconds, serverPid })
    const ms = [cpu.server, cpu.client].map((each) => each.toFixed(3))
    found.push({ streams, rate, cells: [String(streams), String(Math.round(rate)), times(waits), ms.join(' / ')] })
  }
  await bus.close()
  return found
}

/** @param {number} groups @param {number} stored @param {import('./measure.mjs').Measured} measured @param {readonly Bare[]} beside */
function cellsOf(groups, stored, { counted, outcome, cpus, share }, beside) {
  const each = cpus.map((cpu) => (cpu * 1000) / counted.acknowledged)
  const servers = each.slice(0, -1)
  const rate = counted.acknowledged / seconds
  const { lost, doubled, disordered, foreign, unanswered } = outcome
  return [
    ...[short(groups), short(stored), `${Math.round(share * 100)} %`, String(Math.round(rate))],
    ...[beside.map((one) => (rate / one.rate).toFixed(2)).join(' / '), times(counted.waits), times(counted.ages)],
    ...[String(Math.round(counted.deliveries / seconds)), [lost, doubled, disordered, foreign].join(' / ')],
    ...[`${counted.refused} / ${unanswered}`, servers.map((ms) => ms.toFixed(3)).join(' / ')],
    ...[servers.reduce((sum, ms) => sum + ms, 0).toFixed(3), (each.at(-1) ?? 0).toFixed(3)],
  ]
}

/** All rates of one number of groups. @param {Platform} running @param {number} groups @param {readonly Bare[]} beside */
async function rowsOf(running, groups, beside) {
  const places = running.users.map((_, person) => groupsOf(groups)(person))
  const writers = places.filter(({ length }) => length > 0).length
  const rows = []
  let present = 0
  for (const stored of numbers(values.stored)) {
    // No clients are connected while the log is filled: they would be closed as slow readers.
    await fill(running, present, stored)
    present = stored
    const worker = fork(WORKER, { stdio: 'inherit' })
    const { order, groupIds } = running
    await ask(worker, 'open', { ...order, count: people, sources: 1, groups: places, groupIds, size })
    const rates = values.rate ? numbers(values.rate) : []
    const pauses = numbers(values.pause ?? (rates.length > 0 ? '' : '0'))
    for (const pauseMs of [...pauses, ...rates.map((rate) => (writers * 1000) / rate)]) {
      rows.push(cellsOf(groups, stored, await measure(running, worker, pauseMs, seconds), beside))
      console.error(rows.at(-1)?.join(' | '))
    }
    worker.disconnect()
  }
  return rows
}

const streams = [...new Set([1, partitions])].join(' / ')
const head = [
  ...['groups', 'stored before', 'machine busy', 'acknowledged/s', `of bare publishes into ${streams} streams`],
  ...['p50 / p99, ms', 'delivery p50 / p99, ms', 'delivered/s', 'lost / doubled / disordered / foreign'],
  ...['refused / unanswered', `CPU, ms a message: ${Object.keys(SERVERS).join(' / ')}`, 'all servers', 'clients'],
]
const bareHead = ['streams', 'bare publishes/s', 'p50 / p99, ms', 'CPU, ms a publish: bus / client']
await report(Number(values.runs), [head, bareHead], async () => {
  /** @type {Bare[]} */
  let beside = []
  const rows = []
  for (const groups of numbers(values.groups)) {
    const kinds = /** @type {const} */ (['group', 'notify', 'call'])
    const running = await platform({ people, groups, groupsOf: groupsOf(groups), partitions, kinds: [...kinds] })
    try {
      if (beside.length === 0) beside = await bares(running)
      rows.push(...(await rowsOf(running, groups, beside)))
    } finally {
      await running.stop()
    }
  }
  return [rows, beside.map(({ cells }) => cells)]
})
