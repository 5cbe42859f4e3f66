// A reconnect storm: everybody loses their gateway at the same moment, and returns with cursors that nobody else has.
// node bench/resume/run.mjs [--runs 3] [--clients 10000] [--groups 4]   the limit of open files must exceed the clients: ulimit -n 65536
import { parseArgs } from 'node:util'
import { RUNS, report } from '../lib/report.mjs'
import { Crowd } from '../net/crowd.mjs'
import { platform } from '../net/platform.mjs'
import { cpuSeconds } from '../net/usage.mjs'
import { Cursors } from './cursors.mjs'

const { values } = parseArgs({
  options: {
    runs: RUNS,
    clients: { type: 'string', default: '10000' },
    groups: { type: 'string', default: '4' },
  },
})
const clients = Number(values.clients)
const groupsEach = Number(values.groups)
const MEMBERS = 20
const PARTITIONS = 4
const GOAL = 2_000
const SETTLE_MS = 3_000
/** Other clients that connect and leave before the storm: a gateway that takes over clients has been running for a while. */
const WARM_UP = Math.min(1_000, clients)

const groups = Math.ceil((clients * groupsEach) / MEMBERS)
const groupsOf = (/** @type {number} */ person) =>
  Array.from({ length: groupsEach }, (_, i) => (person * groupsEach + i) % groups)
const names = ['gateway-0', 'membership-0', 'nats-0']
const head = [
  ...['the gateway', 'clients', 'groups each', 'commits missed each', 'all back in, s', 'retries', 'resumes/s'],
  ...['CPU of gateway / membership / bus, s', 'resumes/s a gateway core', 'goal', 'client CPU'],
]

/** One storm on a new gateway, and one on the same. @returns {Promise<string[][]>} */
async function storms() {
  const people = clients + WARM_UP
  const env = { MAX_CONNECTIONS: String(clients + 1_000) }
  const running = await platform({ people, groups, groupsOf, env })
  const crowd = new Crowd(2)
  const cpuOf = () => names.map((name) => cpuSeconds(running.fleet.find(name).pid))

  /** Everybody at once. @param {string} gateway the one they connect to @param {string[]} greetings @param {number} missed */
  const storm = async (gateway, greetings, missed) => {
    const before = cpuOf()
    const order = { ...running.order, greetings, count: clients, sources: 8, opening: clients, again: true }
    const { result, seconds, clientCpu } = await crowd.count(() => crowd.open(order))
    const cpu = cpuOf().map((after, i) => after - (before[i] ?? 0))
    const perCore = clients / (cpu[0] ?? 1)
    if (perCore < GOAL) process.exitCode = 1
    return [
      ...[gateway, String(clients), String(groupsEach), missed.toFixed(1), seconds.toFixed(1), String(result)],
      ...[String(Math.round(clients / seconds)), cpu.map((one) => one.toFixed(1)).join(' / ')],
      ...[String(Math.round(perCore)), `>= ${GOAL}${perCore < GOAL ? ' (!)' : ''}`, `${Math.round(clientCpu * 100)} %`],
    ]
  }

  /** Everybody leaves; resolves when the gateway has removed them. */
  const leave = async () => {
    await crowd.close()
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  }

  try {
    const cursors = await Cursors.stored(running, {
      members: Math.ceil((people * groupsEach) / groups),
      partitions: PARTITIONS,
    })
    const said = []
    for (let person = 0; person < people; person++) {
      said.push(await running.hello(person, cursors.of(groupsOf(person), Math.floor((person * groupsEach) / groups))))
    }
    await crowd.open({ ...running.order, greetings: said.slice(clients), count: WARM_UP, sources: 8 })
    await leave()
    const known = said.slice(0, clients)
    const missed = cursors.missed / people
    const rows = [await storm('has never had them', known, missed)]
    await leave()
    rows.push(await storm('had them before', known, missed))
    return rows
  } finally {
    crowd.end()
    await running.stop()
  }
}

await report(Number(values.runs), [head], async () => [await storms()])
