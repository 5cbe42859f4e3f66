// Sends one message to many sockets: our gateway beside the limit and its peers, with the same clients and payloads. Each server gets the
// message rate that keeps its one core busy to --fill, so that its idle load weighs the same for all.
// node bench/fanout/run.mjs [--subscribers 1000] [--fill 0.7 | --rate 60] [--seconds 4] [--sizes 200,1024] [--only beseda,limit] [--gateways 1] [--one-in 1] [--workers 2] [--own-core] [--arrivals even|random]
// --one-in 16: one client in 16 reads at once and is measured; the others read every two seconds, as if most clients had their own cores.
// --own-core: the server has the first core to itself, as on a separate node; clients, bus and publisher share the others, and clients
// poll every millisecond, so that the server need not wake them.
import { parseArgs } from 'node:util'
import { Random } from '../lib/random.mjs'
import { inMs, table } from '../lib/table.mjs'
import { giveFirstCore, leaveFirstCore } from '../net/cores.mjs'
import { Crowd } from '../net/crowd.mjs'
import { stamped } from '../net/frames.mjs'
import { cpuSeconds, kernelBytes, quantile, rssBytes } from '../net/usage.mjs'
import { beseda, DRIVERS } from './drivers.mjs'

const { values } = parseArgs({
  options: {
    subscribers: { type: 'string', default: '1000' },
    fill: { type: 'string', default: '0.7' },
    rate: { type: 'string' },
    seconds: { type: 'string', default: '4' },
    sizes: { type: 'string', default: '200,1024' },
    workers: { type: 'string', default: '2' },
    only: { type: 'string' },
    gateways: { type: 'string', default: '1' },
    'one-in': { type: 'string', default: '1' },
    arrivals: { type: 'string', default: 'random' },
    'own-core': { type: 'boolean', default: false },
  },
})
const [subscribers = 0, fill = 0, seconds = 0, workers = 0] = [
  values.subscribers,
  values.fill,
  values.seconds,
  values.workers,
].map(Number)
const gateways = Number(values.gateways)
const oneIn = Number(values['one-in'])
const WARM_UP_S = 1.5
/** Attempts to find the rate that fills the core, and the accepted deviation. */
const TRIES = 4
const NEAR = 0.05
/** A rate that every server can handle: where the search begins. */
const FIRST_PER_SECOND = 60_000

/** Seconds between two messages: constant, or random as from independent people (Poisson). @param {number} rate */
const gap = (rate) => (values.arrivals === 'random' ? -Math.log(1 - random.next()) : 1) / rate
const random = new Random(1)

/** Publishes at a rate, each message on schedule, however long the previous ones took. @param {(text: string) => void | Promise<void>} publish @param {number} rate @param {number} size @param {number} forSeconds */
async function speak(publish, rate, size, forSeconds) {
  const began = performance.now()
  const now = () => (performance.now() - began) / 1000
  let said = 0
  for (let at = 0; at < forSeconds; at += gap(rate)) {
    if (at > now()) await new Promise((resolve) => setTimeout(resolve, (at - now()) * 1000))
    void publish(stamped(size))
    said++
  }
  if (forSeconds > now()) await new Promise((resolve) => setTimeout(resolve, (forSeconds - now()) * 1000))
  return said
}

/** @param {import('./drivers.mjs').Running} running */
const cpuOf = ({ pids }) => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0)
/** @param {import('./drivers.mjs').Running} running */
const rssOf = ({ pids }) => pids.reduce((sum, pid) => sum + rssBytes(pid), 0)

/** The share of a core that a server uses during the work. @template T @param {import('./drivers.mjs').Running} running @param {() => Promise<T>} work */
async function usedBy(running, work) {
  const [cpu, began] = [cpuOf(running), performance.now()]
  await work()
  return ((cpuOf(running) - cpu) * 1000) / (performance.now() - began)
}

/** Messages a second that keep the server's core busy to the wanted share. @param {import('./drivers.mjs').Running} running @param {number} size */
async function rateFor(running, size) {
  if (values.rate !== undefined) return Number(values.rate)
  let rate = FIRST_PER_SECOND / subscribers
  for (let tries = 0; tries < TRIES; tries++) {
    const used = await usedBy(running, () => speak(running.publish, rate, size, WARM_UP_S))
    if (Math.abs(used / fill - 1) < NEAR) break
    rate *= Math.min(3, fill / used)
  }
  return rate
}

/** @param {import('./drivers.mjs').Driver} driver */
async function measure(driver) {
  const running = await driver.start(subscribers)
  if (typeof running === 'string') return [[driver.name, running, ...Array(10).fill('')]]
  if (values['own-core']) giveFirstCore(running.pids)
  const crowd = new Crowd(workers)
  try {
    const idle = { rss: rssOf(running), kernel: kernelBytes() }
    await crowd.open({ ...running.order, count: subscribers, sources: 4, oneIn, lookOnly: values['own-core'] })
    const rss = (rssOf(running) - idle.rss) / subscribers
    const kernel = (kernelBytes() - idle.kernel) / subscribers / 2
    const rows = []
    for (const size of values.sizes.split(',').map(Number)) {
      const rate = await rateFor(running, size)
      await speak(running.publish, rate, size, WARM_UP_S)
      await new Promise((resolve) => setTimeout(resolve, 500))
      const cpu = cpuOf(running)
      const counted = await crowd.count(() => speak(running.publish, rate, size, seconds))
      const used = (cpuOf(running) - cpu) / counted.seconds
      const delivered = counted.messages / counted.seconds
      rows.push({
        driver,
        size,
        delivered,
        perCore: delivered / used,
        used,
        counted,
        rss,
        kernel,
        rate: counted.result / counted.seconds,
        lost: 1 - counted.messages / (counted.result * subscribers),
      })
    }
    return rows
  } finally {
    await crowd.close()
    crowd.end()
    await running.stop()
  }
}

if (values['own-core']) leaveFirstCore()
const found = []
for (const driver of gateways > 1 ? [beseda(gateways)] : DRIVERS) {
  if (values.only && !values.only.split(',').some((name) => driver.name.toLowerCase().includes(name))) continue
  console.error(driver.name)
  found.push(...(await measure(driver)))
}
const thousands = (/** @type {number} */ n) => `${(n / 1000).toFixed(n < 100_000 ? 1 : 0)} k`
const limit = (/** @type {number} */ size) =>
  found.find((row) => !Array.isArray(row) && row.size === size && row.driver === DRIVERS[0])
const rows = found.map((row) => {
  if (Array.isArray(row)) return row
  const { driver, size, delivered, perCore, used, counted, rate, lost, rss, kernel } = row
  const best = limit(size)
  return [
    driver.name,
    String(size),
    thousands(delivered),
    `${Math.max(0, lost * 100).toFixed(1)} %`,
    `${Math.round(used * 100)} %`,
    thousands(perCore),
    best && !Array.isArray(best) ? (perCore / best.perCore).toFixed(2) : '',
    `${inMs(quantile(counted.ages, 0.5) / 1000)} / ${inMs(quantile(counted.ages, 0.99) / 1000)}`,
    (rss / 1024).toFixed(1),
    (kernel / 1024).toFixed(1),
    `${Math.round(counted.clientCpu * 100)} %`,
    `${inMs((used * 1000) / rate)} / ${inMs((counted.clientCpu * 1000) / rate)}`,
  ]
})
console.log(
  table(
    [
      'server',
      'bytes',
      'delivered/s',
      'late',
      'server CPU',
      'delivered/s a core',
      'of the limit',
      'p50 / p99, ms',
      'RSS a socket, KB',
      'kernel, KB',
      'client CPU',
      'CPU a message, ms: server / clients',
    ],
    rows,
  ),
)
