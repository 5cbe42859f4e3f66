// One message to many sockets: our gateway beside the limit and its peers, with the same clients and payloads.
// node bench/fanout/run.mjs [--subscribers 1000] [--rate 60] [--seconds 6] [--sizes 200,1024] [--only beseda]
import { parseArgs } from 'node:util'
import { inMs, table } from '../lib/table.mjs'
import { Crowd } from '../net/crowd.mjs'
import { stamped } from '../net/frames.mjs'
import { cpuSeconds, kernelBytes, quantile, rssBytes } from '../net/usage.mjs'
import { DRIVERS } from './drivers.mjs'

const { values } = parseArgs({
  options: {
    subscribers: { type: 'string', default: '1000' },
    rate: { type: 'string', default: '60' },
    seconds: { type: 'string', default: '6' },
    sizes: { type: 'string', default: '200,1024' },
    workers: { type: 'string', default: '2' },
    only: { type: 'string' },
  },
})
const [subscribers, rate, seconds, workers] = [values.subscribers, values.rate, values.seconds, values.workers].map(
  Number,
)
const WARM_UP_S = 1.5

/** Publishes at a steady rate. @param {(text: string) => void | Promise<void>} publish @param {number} size @param {number} forSeconds */
async function speak(publish, size, forSeconds) {
  const began = performance.now()
  let said = 0
  while (performance.now() - began < forSeconds * 1000) {
    const due = ((performance.now() - began) / 1000) * rate
    while (said < due) {
      void publish(stamped(size))
      said++
    }
    await new Promise((resolve) =>
      setTimeout(resolve, Math.max(1, ((said + 1) / rate) * 1000 - (performance.now() - began))),
    )
  }
  return said
}

/** @param {import('./drivers.mjs').Driver} driver */
async function measure(driver) {
  const running = await driver.start(subscribers)
  if (typeof running === 'string') return [[driver.name, running, ...Array(8).fill('')]]
  const crowd = new Crowd(workers)
  try {
    const idle = { rss: rssBytes(running.pid), kernel: kernelBytes() }
    await crowd.open({ ...running.order, count: subscribers, sources: 4 })
    const rss = (rssBytes(running.pid) - idle.rss) / subscribers
    const kernel = (kernelBytes() - idle.kernel) / subscribers / 2
    const rows = []
    for (const size of values.sizes.split(',').map(Number)) {
      await speak(running.publish, size, WARM_UP_S)
      await new Promise((resolve) => setTimeout(resolve, 300))
      const cpu = cpuSeconds(running.pid)
      const counted = await crowd.count(() => speak(running.publish, size, seconds))
      const used = (cpuSeconds(running.pid) - cpu) / counted.seconds
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
        offered: counted.result,
      })
    }
    return rows
  } finally {
    await crowd.close()
    crowd.end()
    await running.stop()
  }
}

const found = []
for (const driver of DRIVERS) {
  if (values.only && !driver.name.toLowerCase().includes(values.only)) continue
  console.error(driver.name)
  found.push(...(await measure(driver)))
}
const thousands = (/** @type {number} */ n) => `${(n / 1000).toFixed(n < 100_000 ? 1 : 0)} k`
const limit = (/** @type {number} */ size) =>
  found.find((row) => !Array.isArray(row) && row.size === size && row.driver === DRIVERS[0])
const rows = found.map((row) => {
  if (Array.isArray(row)) return row
  const { driver, size, delivered, perCore, used, counted, rss, kernel } = row
  const best = limit(size)
  return [
    driver.name,
    String(size),
    thousands(delivered),
    `${Math.round(used * 100)} %`,
    thousands(perCore),
    best && !Array.isArray(best) ? (perCore / best.perCore).toFixed(2) : '',
    `${inMs(quantile(counted.ages, 0.5) / 1000)} / ${inMs(quantile(counted.ages, 0.99) / 1000)}`,
    (rss / 1024).toFixed(1),
    (kernel / 1024).toFixed(1),
    `${Math.round(counted.clientCpu * 100)} %`,
  ]
})
console.log(
  table(
    [
      'server',
      'bytes',
      'delivered/s',
      'server CPU',
      'delivered/s a core',
      'of the limit',
      'p50 / p99, ms',
      'RSS a socket, KB',
      'kernel, KB',
      'client CPU',
    ],
    rows,
  ),
)
