// What an idle connection costs: memory of the gateway's process, and of the kernel for its end.
// node bench/connections/run.mjs [--count 20000] [--members 20]   needs a limit of open files above the count: ulimit -n 65536
import { parseArgs } from 'node:util'
import { table } from '../lib/table.mjs'
import { Crowd } from '../net/crowd.mjs'
import { platform } from '../net/platform.mjs'
import { cpuSeconds, kernelBytes, rssBytes } from '../net/usage.mjs'

const { values } = parseArgs({
  options: { count: { type: 'string', default: '20000' }, members: { type: 'string', default: '20' } },
})
const count = Number(values.count)
const groups = Math.ceil(count / Number(values.members))
const GOAL_KB = 8
/** So long the connections are left alone before the processor is looked at. */
const IDLE_S = 10
const SETTLE_S = 5
/** A frame of the client: field 3, empty. */
const PING = Buffer.from([0x1a, 0]).toString('base64')

const running = await platform({
  people: count,
  groups,
  groupsOf: (person) => [person % groups],
  env: { MAX_CONNECTIONS: String(count + 1_000) },
})
const crowd = new Crowd(2)
const wait = (/** @type {number} */ s) => new Promise((resolve) => setTimeout(resolve, s * 1000))

/** What a storm leaves behind is collected when it is quiet; resolves when the process shrinks no more. */
async function settled() {
  for (let before = Number.POSITIVE_INFINITY, tries = 0; tries < 12; tries++) {
    await wait(SETTLE_S)
    const rss = rssBytes(running.gatewayPid)
    if (rss > before * 0.995) return
    before = rss
  }
}

/** The gateway's own account: objects in use and the heap around them, bytes. */
async function heapOf() {
  const text = await (await fetch(`${running.fleet.healthUrl('gateway-0')}/metrics`)).text()
  const [used = 0, total = 0, outside = 0] = ['heap_size_used', 'heap_size_total', 'external_memory'].map((name) =>
    Number(new RegExp(`^nodejs_${name}_bytes (.+)$`, 'm').exec(text)?.[1]),
  )
  return { used, total, outside }
}
try {
  await settled()
  const before = { rss: rssBytes(running.gatewayPid), kernel: kernelBytes(), heap: await heapOf() }
  const began = performance.now()
  const cpuBefore = cpuSeconds(running.gatewayPid)
  await crowd.open({ ...running.order, count, sources: 8, ping: PING })
  const seconds = (performance.now() - began) / 1000
  const cpu = cpuSeconds(running.gatewayPid) - cpuBefore
  const peak = rssBytes(running.gatewayPid)
  await settled()
  const heap = await heapOf()
  const rss = (rssBytes(running.gatewayPid) - before.rss) / count / 1024
  const kernel = (kernelBytes() - before.kernel) / count / 1024 / 2
  const idleFrom = cpuSeconds(running.gatewayPid)
  await wait(IDLE_S)
  const idle = ((cpuSeconds(running.gatewayPid) - idleFrom) / IDLE_S) * 100
  const all = rss + kernel
  const goal = `<= ${GOAL_KB}${all <= GOAL_KB ? '' : ' (!)'}`
  if (all > GOAL_KB) process.exitCode = 1
  const head = [
    ...[
      'connections',
      'process, KB each',
      'objects in use',
      'heap',
      'at the peak',
      'kernel, KB each',
      'all, KB each',
      'goal',
    ],
    ...['opened in, s', 'CPU of opening, s', 'CPU idle'],
  ]
  const each = (/** @type {number} */ bytes) => (bytes / count / 1024).toFixed(1)
  const row = [
    ...[String(count), rss.toFixed(1), each(heap.used - before.heap.used), each(heap.total - before.heap.total)],
    ...[each(peak - before.rss), kernel.toFixed(1), all.toFixed(1), goal],
    ...[seconds.toFixed(1), cpu.toFixed(1), `${idle.toFixed(1)} %`],
  ]
  console.log(table(head, [row]))
} finally {
  crowd.end()
  await running.stop()
}
