// node loadtests/capacity.mjs [--people 5000] [--messages 40] [--readers 20] [--bytes 200]: what an installation needs, from what has
// been measured. Without --people: the table of docs/operations.md.
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'

/** Measured: docs/performance.md and docs/operations.md, "Sizing". */
const MEASURED = {
  /** Connections at which the autoscaler adds a gateway, so that each has room for those of another one. */
  connectionsPerGateway: 5_000,
  /** ms of a core in `group` for a posted message, when messages come one by one: the dearer case. */
  groupMsPerMessage: 1,
  /** Share of a core that a replica may be busy. */
  busy: 0.7,
  /** Messages of 1 KB that a gateway hands to sockets in a second with one core. */
  deliveriesPerGateway: 650_000,
  /** Bytes that the log keeps of a message beside its text, on each server. */
  bytesBesideText: 200,
  /** Of what the log keeps, the views of each replica of `group` keep so much. */
  viewsOfLog: 2,
}

/** The busiest hour has a fifth of the day's messages; its busiest second has three times the mean of that hour. */
const BUSIEST_HOUR = 0.2
const BURST = 3
const WORKING_DAYS = 250

/** @typedef {{ people: number, messages: number, readers: number, bytes: number }} Load people online, messages each a day, people online who receive one, bytes of a text */

/** @param {Load} load */
export function capacity({ people, messages, readers, bytes }) {
  const perSecond = ((people * messages * BUSIEST_HOUR) / 3600) * BURST
  const carries = (1000 / MEASURED.groupMsPerMessage) * MEASURED.busy
  const byConnections = people / MEASURED.connectionsPerGateway
  const byDeliveries = (perSecond * readers) / (MEASURED.deliveriesPerGateway * MEASURED.busy)
  const logBytesAYear = people * messages * WORKING_DAYS * (bytes + MEASURED.bytesBesideText)
  return {
    perSecond,
    // One more than the load needs: any of them may die, or be replaced.
    gateways: Math.ceil(Math.max(byConnections, byDeliveries)) + 1,
    groups: Math.ceil(perSecond / carries) + 1,
    logGbAYear: logBytesAYear / 1e9,
    viewsGbAYear: (logBytesAYear * MEASURED.viewsOfLog) / 1e9,
  }
}

/** A person who works writes about forty messages a day, in groups of which twenty are online. */
const ORDINARY = { messages: 40, readers: 20, bytes: 200 }
const SIZES = [100, 1_000, 5_000, 10_000, 20_000, 50_000]

const number = (/** @type {number} */ value) =>
  value < 10 ? String(Math.round(value * 10) / 10) : Math.round(value).toLocaleString('en')

/** The table of docs/operations.md. */
export function capacityTable() {
  const head = [
    'people online',
    'messages a second, busiest',
    'gateways',
    '`group`',
    'log a year, GB',
    'views a year, GB',
  ]
  const rows = SIZES.map((people) => {
    const { perSecond, gateways, groups, logGbAYear, viewsGbAYear } = capacity({ people, ...ORDINARY })
    return [
      people.toLocaleString('en'),
      number(perSecond),
      `${gateways}`,
      `${groups}`,
      number(logGbAYear),
      number(viewsGbAYear),
    ]
  })
  const widths = head.map((title, i) => Math.max(...[head, ...rows].map((row) => row[i]?.length ?? 0), title.length))
  const line = (/** @type {readonly string[]} */ cells) =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`
  return [head, widths.map((width) => '-'.repeat(width)), ...rows].map(line).join('\n')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = /** @type {const} */ ({ type: 'string' })
  const { values } = parseArgs({ options: { people: option, messages: option, readers: option, bytes: option } })
  const given = Object.fromEntries(Object.entries(values).map(([name, text]) => [name, Number(text)]))
  const wrong = Object.entries(given).find(([, value]) => !(value > 0))
  if (wrong) {
    process.stderr.write(`--${wrong[0]} must be a number above 0.\n`)
    process.exitCode = 1
  } else if (given.people === undefined) process.stdout.write(`${capacityTable()}\n`)
  else process.stdout.write(`${JSON.stringify(capacity({ ...ORDINARY, people: given.people, ...given }), null, 2)}\n`)
}
