// Sends one message to many sockets: our gateway beside the limit and its peers, with the same clients and payloads. Each server gets the
// message rate that keeps its one core busy to --fill, so that its idle load weighs the same for all. The limit is the best that bare
// uWebSockets.js can do, gathering for 0 to 10 ms, with a p99 of at most --bound ms. Every message is matched at every socket.
// node bench/fanout/run.mjs [--runs 3] [--subscribers 1000] [--fill 0.7 | --rate 60] [--bound 25] [--seconds 4] [--sizes 200,1024] [--only beseda,bare] [--gateways 1] [--one-in 1] [--workers 2] [--own-core] [--arrivals even|random]
// --one-in 16: one client in 16 reads at once and is measured; the others read every two seconds, as if most clients had their own cores.
// --own-core: the server has the first core to itself, as on a separate node; clients, bus and publisher share the others, and clients
// poll every millisecond, so that the server need not wake them.
import { parseArgs } from 'node:util'
import { RUNS, report } from '../lib/report.mjs'
import { inMs } from '../lib/table.mjs'
import { giveFirstCore, leaveFirstCore } from '../net/cores.mjs'
import { Crowd } from '../net/crowd.mjs'
import { quantile } from '../net/usage.mjs'
import { beseda, DRIVERS } from './drivers/index.mjs'
import { cpuOf, firstRate, Speaker } from './pace.mjs'

const text = /** @type {const} */ ({ type: 'string' })
const { values } = parseArgs({
  options: {
    ...{ runs: RUNS, rate: text, only: text, 'own-core': { type: 'boolean', default: false } },
    subscribers: { ...text, default: '1000' },
    fill: { ...text, default: '0.7' },
    bound: { ...text, default: '25' },
    seconds: { ...text, default: '4' },
    sizes: { ...text, default: '200,1024' },
    workers: { ...text, default: '2' },
    gateways: { ...text, default: '1' },
    'one-in': { ...text, default: '1' },
    arrivals: { ...text, default: 'random' },
  },
})
const [subscribers, fill, bound, seconds, workers] = /** @type {[number, number, number, number, number]} */ (
  [values.subscribers, values.fill, values.bound, values.seconds, values.workers].map(Number)
)
const gateways = Number(values.gateways)
const WARM_UP_S = 1.5
const SETTLE_MS = 500

/** @typedef {{ driver: import('./drivers/index.mjs').Driver, size: number, delivered: number, perCore: number, used: number, p50: number, p99: number, clientCpu: number, rate: number, matched: import('../net/crowd.mjs').Matched }} Row times in ms */

/** The rate that filled a server in an earlier run. @type {Map<string, number>} */
const filled = new Map()

/** @param {import('./drivers/index.mjs').Driver} driver @param {import('./drivers/index.mjs').Running} running @param {Crowd} crowd @param {Speaker} speaker @returns {Promise<Row>} */
async function measureSize(driver, running, crowd, speaker) {
  const { size } = speaker.how
  const known = `${driver.name} ${size}`
  const first = filled.get(known) ?? firstRate(subscribers)
  const wanted = { fill, first, boundMs: bound }
  const rate = values.rate === undefined ? await speaker.rateFor(running, crowd, wanted) : Number(values.rate)
  filled.set(known, rate)
  await speaker.speak(running.publish, rate, WARM_UP_S)
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  const [from, cpu] = [speaker.next, cpuOf(running)]
  const counted = await crowd.count(() => speaker.speak(running.publish, rate, seconds))
  const used = (cpuOf(running) - cpu) / counted.seconds
  const delivered = counted.messages / counted.seconds
  const [p50, p99] = /** @type {[number, number]} */ ([0.5, 0.99].map((share) => quantile(counted.ages, share) / 1000))
  const matched = await crowd.match(from, speaker.next)
  const [mean, late] = [thousands(delivered / used), inMs(p99)]
  console.error(`  ${size} B: ${mean} a core at ${Math.round(used * 100)} %, p99 ${late} ms, ${matched.lost} lost`)
  return {
    ...{ driver, size, delivered, used, p50, p99, matched, perCore: delivered / used },
    ...{ clientCpu: counted.clientCpu, rate: (speaker.next - from) / counted.seconds },
  }
}

/** @param {import('./drivers/index.mjs').Driver} driver @returns {Promise<Row[] | string>} */
async function measure(driver) {
  console.error(driver.name)
  const running = await driver.start(subscribers)
  if (typeof running === 'string') return running
  if (values['own-core']) giveFirstCore(running.pids)
  const crowd = new Crowd(workers)
  try {
    const how = { oneIn: Number(values['one-in']), lookOnly: values['own-core'] }
    await crowd.open({ ...running.order, ...how, count: subscribers, sources: 4 })
    const rows = []
    let next = 0
    for (const size of values.sizes.split(',').map(Number)) {
      const speaker = new Speaker({ isRandom: values.arrivals === 'random', size })
      speaker.next = next
      rows.push(await measureSize(driver, running, crowd, speaker))
      next = speaker.next
    }
    return rows
  } finally {
    await crowd.close()
    crowd.end()
    await running.stop()
  }
}

const thousands = (/** @type {number} */ n) => `${(n / 1000).toFixed(0)} k`

/** @param {Row} row @param {readonly Row[]} all */
function cellsOf({ driver, size, delivered, perCore, used, p50, p99, clientCpu, rate, matched }, all) {
  const bares = all.filter((row) => row.driver.isLimit && row.size === size && row.p99 <= bound)
  const best = bares.toSorted((a, b) => b.perCore - a.perCore)[0]
  return [
    ...[driver.name, String(size), thousands(delivered), `${Math.round(used * 100)} %`, thousands(perCore)],
    ...[best ? (perCore / best.perCore).toFixed(2) : '', `${inMs(p50)} / ${inMs(p99)}`, p99 > bound ? 'no' : 'yes'],
    `${matched.lost} / ${matched.doubled} / ${matched.disordered}`,
    ...[`${Math.round(clientCpu * 100)} %`, `${inMs((used * 1000) / rate)} / ${inMs((clientCpu * 1000) / rate)}`],
  ]
}

const head = [
  ...['server', 'bytes', 'delivered/s', 'server CPU', 'delivered/s a core', 'of the limit', 'p50 / p99, ms'],
  ...[`p99 <= ${bound} ms`, 'lost / doubled / disordered', 'client CPU', 'CPU a message, ms: server / clients'],
]
if (values['own-core']) leaveFirstCore()
const wanted = (gateways > 1 ? [beseda('stored event', gateways)] : DRIVERS).filter(
  ({ name }) => !values.only || values.only.split(',').some((word) => name.toLowerCase().includes(word)),
)
/** Why a server cannot run here. @type {Set<string>} */
const absent = new Set()
await report(Number(values.runs), [head], async () => {
  /** @type {Row[]} */
  const rows = []
  for (const driver of wanted) {
    const found = await measure(driver)
    if (typeof found === 'string') absent.add(`${driver.name}: ${found}`)
    else rows.push(...found)
  }
  return [rows.map((row) => cellsOf(row, rows))]
})
for (const line of absent) console.log(line)
