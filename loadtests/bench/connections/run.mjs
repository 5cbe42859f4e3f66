// Measures the cost of an idle connection: memory of the gateway's process, and of the kernel for its end; compared with a bare uWebSockets.js.
// node bench/connections/run.mjs [--runs 3] [--count 20000] [--groups 1,20,100] [--members 20] [--memberships 200000]
// the limit of open files must exceed the count: ulimit -n 65536
import { parseArgs } from 'node:util'
import { limit } from '../fanout/drivers/index.mjs'
import { RUNS, report } from '../lib/report.mjs'
import { Crowd } from '../net/crowd.mjs'
import { platform } from '../net/platform.mjs'
import { cpuSeconds, kernelBytes, rssBytes } from '../net/usage.mjs'

const text = /** @type {const} */ ({ type: 'string' })
const { values } = parseArgs({
  options: {
    runs: RUNS,
    count: { ...text, default: '20000' },
    groups: { ...text, default: '1,20,100' },
    members: { ...text, default: '20' },
    memberships: { ...text, default: '200000' },
  },
})
const members = Number(values.members)
const GOAL_KB = 8
/** Idle time of the connections before CPU is measured. */
const IDLE_S = 10
/** V8 returns the memory of a storm after some idle time: sampling interval, and the number of samples without a change. */
const LOOK_S = 5
const SAME = 5
const PATIENCE_S = 150
/** A frame of the client: field 3, empty. */
const PING = Buffer.from([0x1a, 0]).toString('base64')
const wait = (/** @type {number} */ s) => new Promise((resolve) => setTimeout(resolve, s * 1000))

/**
 * `groups`: of each person. `heap`: heap size reported by the process, bytes; undefined: not reported.
 * @typedef {{ name: string, count: number, groups: number, pid: number | undefined, order: Omit<import('../net/client.mjs').Order, 'count' | 'sources'>, heap?: () => Promise<{ used: number, total: number }>, stop(): Promise<void> }} Server
 */

/** @returns {Promise<Server>} */
async function bare() {
  const running = await limit(0).start(Number(values.count))
  if (typeof running === 'string') throw new Error(running)
  return { name: 'bare uWebSockets.js', count: Number(values.count), groups: 0, pid: running.pids[0], ...running }
}

/** Fewer people where each is in many groups: the number of memberships is limited. @param {number} each groups of a person @returns {Promise<Server>} */
async function gateway(each) {
  const count = Math.min(Number(values.count), Math.floor(Number(values.memberships) / each))
  const groups = Math.ceil((count * each) / members)
  const { fleet, gatewayPid, order, stop } = await platform({
    people: count,
    groups,
    groupsOf: (person) => Array.from({ length: each }, (_, i) => (person * each + i) % groups),
    env: { MAX_CONNECTIONS: String(count + 1_000) },
  })
  const heap = async () => {
    const metrics = await (await fetch(`${fleet.healthUrl('gateway-0')}/metrics`)).text()
    const [used = 0, total = 0] = ['heap_size_used', 'heap_size_total'].map((name) =>
      Number(new RegExp(`^nodejs_${name}_bytes (.+)$`, 'm').exec(metrics)?.[1]),
    )
    return { used, total }
  }
  return { name: 'the gateway', count, groups: each, pid: gatewayPid, order, heap, stop }
}

/** Resolves when the process no longer shrinks, with the time that took, s. @param {number | undefined} pid */
async function settled(pid) {
  const began = performance.now()
  const seconds = () => (performance.now() - began) / 1000
  let least = rssBytes(pid)
  for (let same = 0; same < SAME && seconds() < PATIENCE_S; same++) {
    await wait(LOOK_S)
    const rss = rssBytes(pid)
    if (rss > least * 0.995) continue
    same = 0
    least = rss
  }
  return Math.round(seconds() - SAME * LOOK_S)
}

/** @param {() => Promise<Server>} start */
async function measure(start) {
  const { name, count, groups, pid, order, heap, stop } = await start()
  console.error(`${name}, ${count} connections, ${groups} groups each`)
  const crowd = new Crowd(2)
  try {
    await settled(pid)
    const before = { rss: rssBytes(pid), kernel: kernelBytes(), heap: await heap?.() }
    const [began, cpuBefore] = [performance.now(), cpuSeconds(pid)]
    await crowd.open({ ...order, count, sources: 8, ping: PING })
    const opening = { seconds: (performance.now() - began) / 1000, cpu: cpuSeconds(pid) - cpuBefore }
    const peak = rssBytes(pid)
    const quiet = await settled(pid)
    const after = { rss: rssBytes(pid), kernel: kernelBytes(), heap: await heap?.() }
    const idleFrom = cpuSeconds(pid)
    await wait(IDLE_S)
    const idle = ((cpuSeconds(pid) - idleFrom) / IDLE_S) * 100
    const each = (/** @type {number} */ bytes) => bytes / count / 1024
    const inKb = (/** @type {number | undefined} */ bytes) => (bytes === undefined ? '' : each(bytes).toFixed(1))
    const grown = (/** @type {'used' | 'total'} */ what) =>
      before.heap && after.heap && after.heap[what] - before.heap[what]
    const [rss, kernel] = [after.rss - before.rss, (after.kernel - before.kernel) / 2]
    return {
      process: each(rss),
      all: each(rss + kernel),
      cells: [
        ...[name, String(count), String(groups), inKb(rss)],
        ...[inKb(grown('used')), inKb(grown('total')), inKb(peak - before.rss), inKb(kernel), inKb(rss + kernel)],
        ...[opening.seconds.toFixed(1), opening.cpu.toFixed(1), String(quiet), `${idle.toFixed(1)} %`],
      ],
    }
  } finally {
    crowd.end()
    await stop()
  }
}

const head = [
  ...['server', 'connections', 'groups each', 'process, KB each', 'objects in use', 'heap', 'at the peak'],
  ...['kernel, KB each', 'all, KB each', 'opened in, s', 'CPU of opening, s', 'settled after, s', 'CPU idle'],
  'KB a further group',
]
await report(Number(values.runs), [head], async () => {
  const limited = await measure(bare)
  const rows = [[...limited.cells, '']]
  /** The least number of groups that was measured, and the memory of the process with it. @type {{ groups: number, kb: number } | undefined} */
  let least
  for (const groups of values.groups.split(',').map(Number)) {
    const { process: kb, all, cells } = await measure(() => gateway(groups))
    if (groups === 1 && all > GOAL_KB) process.exitCode = 1
    rows.push([...cells, least ? ((kb - least.kb) / (groups - least.groups)).toFixed(2) : ''])
    least ??= { groups, kb }
  }
  return [rows]
})
console.log(`\ngoal: <= ${GOAL_KB} KB for a connection with one group${process.exitCode ? ' (!)' : ''}`)
