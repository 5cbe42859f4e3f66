// A reconnect storm: everybody loses their gateway at the same moment, and returns with their cursors.
// node bench/resume/run.mjs [--clients 10000] [--groups 4]   the limit of open files must exceed the clients: ulimit -n 65536
import { parseArgs } from 'node:util'
import { partitionOf } from '@beseda/kernel'
import { historyStream } from '@beseda/proto'
import { jetstreamManager } from '@nats-io/jetstream'
import { table } from '../lib/table.mjs'
import { Crowd } from '../net/crowd.mjs'
import { platform } from '../net/platform.mjs'
import { cpuSeconds } from '../net/usage.mjs'

const { values } = parseArgs({
  options: { clients: { type: 'string', default: '10000' }, groups: { type: 'string', default: '4' } },
})
const clients = Number(values.clients)
const groupsEach = Number(values.groups)
const MEMBERS = 20
const PARTITIONS = 4
/** Commits by which half of the groups have advanced. */
const MISSED = 3
const GOAL = 2_000
const SETTLE_MS = 3_000
/** Other clients that connect and leave before the storm: a gateway that takes over clients has been running for a while. */
const WARM_UP = 1_000

const groups = Math.ceil((clients * groupsEach) / MEMBERS)
const groupsOf = (/** @type {number} */ person) =>
  Array.from({ length: groupsEach }, (_, i) => (person * groupsEach + i) % groups)
const running = await platform({
  people: clients + WARM_UP,
  groups,
  groupsOf,
  env: { MAX_CONNECTIONS: String(clients + 1_000) },
})
const crowd = new Crowd(2)

/** The Hello of each client: its token, and cursors from before the last messages. */
async function greetings() {
  const bus = await running.fleet.connectToBus()
  const manager = await jetstreamManager(bus)
  const epochs = await Promise.all(
    Array.from({ length: PARTITIONS }, async (_, p) => {
      const { config } = await manager.streams.info(historyStream(p))
      return config.metadata?.['beseda-epoch'] ?? ''
    }),
  )
  await bus.close()
  const seen = await Promise.all(running.groupIds.map((_, group) => running.say(group, 'seen')))
  for (let missed = 0; missed < MISSED; missed++) {
    await Promise.all(running.groupIds.flatMap((_, group) => (group % 2 === 0 ? [running.say(group, 'missed')] : [])))
  }
  return Promise.all(
    Array.from({ length: clients + WARM_UP }, (_, person) =>
      running.hello(
        person,
        groupsOf(person).map((group) => {
          const groupId = running.groupIds[group] ?? ''
          const epoch = epochs[partitionOf(groupId, PARTITIONS)] ?? ''
          return { groupId, epoch, groupSeq: running.created[group], messagesSeq: BigInt(seen[group]) }
        }),
      ),
    ),
  )
}

const names = ['gateway-0', 'membership-0', 'nats-0']
const cpuOf = () => names.map((name) => cpuSeconds(running.fleet.find(name).pid))
const head = [
  ...['the gateway', 'clients', 'groups each', 'all back in, s', 'retries', 'resumes/s'],
  ...['CPU of gateway / membership / bus, s', 'resumes/s a gateway core', 'goal', 'client CPU'],
]

/** Everybody at once. @param {string} gateway the one they connect to @param {string[]} said */
async function storm(gateway, said) {
  const before = cpuOf()
  const { result, seconds, clientCpu } = await crowd.count(() =>
    crowd.open({ ...running.order, greetings: said, count: clients, sources: 8, opening: clients, again: true }),
  )
  const cpu = cpuOf().map((after, i) => after - (before[i] ?? 0))
  const perCore = clients / (cpu[0] ?? 1)
  if (perCore < GOAL) process.exitCode = 1
  return [
    ...[gateway, String(clients), String(groupsEach), seconds.toFixed(1), String(result)],
    ...[String(Math.round(clients / seconds)), cpu.map((one) => one.toFixed(1)).join(' / ')],
    ...[String(Math.round(perCore)), `>= ${GOAL}${perCore < GOAL ? ' (!)' : ''}`, `${Math.round(clientCpu * 100)} %`],
  ]
}

/** Everybody leaves; resolves when the gateway has removed them. */
async function leave() {
  await crowd.close()
  await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
}

try {
  const said = await greetings()
  await crowd.open({ ...running.order, greetings: said.slice(clients), count: WARM_UP, sources: 8 })
  await leave()
  const known = said.slice(0, clients)
  const rows = [await storm('has never had them', known)]
  await leave()
  rows.push(await storm('had them before', known))
  console.log(table(head, rows))
} finally {
  crowd.end()
  await running.stop()
}
