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

const running = await platform({
  people: count,
  groups,
  groupsOf: (person) => [person % groups],
  env: { MAX_CONNECTIONS: String(count + 1_000) },
})
const crowd = new Crowd(2)
const settled = () => new Promise((resolve) => setTimeout(resolve, 3_000))
try {
  await settled()
  const before = { rss: rssBytes(running.gatewayPid), kernel: kernelBytes() }
  const began = performance.now()
  const cpuBefore = cpuSeconds(running.gatewayPid)
  await crowd.open({ ...running.order, count, sources: 8 })
  const seconds = (performance.now() - began) / 1000
  const cpu = cpuSeconds(running.gatewayPid) - cpuBefore
  await settled()
  const rss = (rssBytes(running.gatewayPid) - before.rss) / count / 1024
  const kernel = (kernelBytes() - before.kernel) / count / 1024 / 2
  const idleFrom = cpuSeconds(running.gatewayPid)
  await new Promise((resolve) => setTimeout(resolve, IDLE_S * 1000))
  const idle = ((cpuSeconds(running.gatewayPid) - idleFrom) / IDLE_S) * 100
  const all = rss + kernel
  const goal = `<= ${GOAL_KB}${all <= GOAL_KB ? '' : ' (!)'}`
  if (all > GOAL_KB) process.exitCode = 1
  const head = [
    ...['connections', 'process, KB each', 'kernel, KB each', 'all, KB each', 'goal'],
    ...['opened in, s', 'CPU of opening, s', 'CPU idle'],
  ]
  const row = [
    ...[String(count), rss.toFixed(1), kernel.toFixed(1), all.toFixed(1), goal],
    ...[seconds.toFixed(1), cpu.toFixed(1), `${idle.toFixed(1)} %`],
  ]
  console.log(table(head, [row]))
} finally {
  crowd.end()
  await running.stop()
}
