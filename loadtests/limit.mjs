// How many users the platform carries on the mix that Mattermost publishes: people are added until a request in a hundred takes more than
// 2 s, or more than 0.025 % fail. The last number that held is the limit; users are also divided by the cores that the platform used.
// node loadtests/limit.mjs [--runs 3] [--from 60] [--growth 1.4] [--seconds 20] [--every 1] [--room 20] [--minutes 8]
// --every: seconds between two actions of a person. Mattermost's users act every 20 s: a person who acts every second counts as twenty.
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Installation } from '@beseda/testkit'
import { RUNS, report } from './bench/lib/report.mjs'
import { cpuSeconds, machineBusy } from './bench/net/usage.mjs'
import { ActingCrowd } from './engine/crowd.mjs'
import { limitsBroken } from './verdict.mjs'

const USER_ACTS_EVERY_S = 20
const SETTLE_S = 3
const text = /** @type {const} */ ({ type: 'string' })
const { values } = parseArgs({
  options: {
    runs: RUNS,
    from: { ...text, default: '60' },
    growth: { ...text, default: '1.4' },
    seconds: { ...text, default: '20' },
    every: { ...text, default: '1' },
    room: { ...text, default: '20' },
    minutes: { ...text, default: '8' },
  },
})
const [from, growth, seconds, every, room, minutes] = /** @type {[number, number, number, number, number, number]} */ (
  [values.from, values.growth, values.seconds, values.every, values.room, values.minutes].map(Number)
)
const usersOf = (/** @type {number} */ people) => Math.round((people * USER_ACTS_EVERY_S) / every)

/** CPU seconds so far of the application: gateways and services, without the bus and Redis. @param {Installation} beseda */
async function applicationCpu(beseda) {
  const all = Object.values(beseda.healthAddresses()).map(async (address) => {
    const metrics = await (await fetch(`http://${address}/metrics`)).text()
    return Number(/^process_cpu_seconds_total (.+)$/m.exec(metrics)?.[1])
  })
  return (await Promise.all(all)).reduce((sum, one) => sum + one, 0)
}

/** @param {Installation} beseda @param {ActingCrowd} crowd */
async function stage(beseda, crowd) {
  await wait(SETTLE_S * 1_000)
  const [cpu, agent, busy] = [await applicationCpu(beseda), cpuSeconds(process.pid), machineBusy()]
  const aggregate = await crowd.measure(seconds)
  const cores = ((await applicationCpu(beseda)) - cpu) / seconds
  const agentCores = (cpuSeconds(process.pid) - agent) / seconds
  const { count = 0, p50 = 0, p99 = 0 } = aggregate.summaries['beseda.request'] ?? {}
  const users = usersOf(crowd.size)
  const broken = limitsBroken(aggregate)
  const cells = [
    ...[String(users), String(Math.round(count / seconds)), `${p50} / ${p99}`, cores.toFixed(2)],
    ...[String(Math.round(users / cores)), agentCores.toFixed(2), `${Math.round(busy() * 100)} %`],
  ]
  console.error(`${cells.join(' | ')} | ${broken.join(', ') || 'held'}`)
  return { cells, held: broken.length === 0 }
}

/** The last stage that held. */
async function search() {
  const until = performance.now() + minutes * 60_000
  const beseda = await Installation.start()
  const crowd = new ActingCrowd({ target: beseda.url, everyMs: every * 1_000, roomSize: room })
  let held = ['none', ...Array(6).fill('')]
  try {
    for (let people = from; performance.now() < until; people = Math.ceil(people * growth)) {
      await crowd.grow(people)
      const { cells, held: isHeld } = await stage(beseda, crowd)
      if (!isHeld) return held
      held = cells
    }
    console.error('the time was up before a limit was found')
    return held
  } finally {
    crowd.end()
    await beseda.stop()
  }
}

const head = [
  ...['users at the limit', 'requests/s', 'p50 / p99, ms', 'application cores used', 'users an application core'],
  ...['agent, cores', 'machine busy'],
]
await report(Number(values.runs), [head], async () => [[await search()]])
