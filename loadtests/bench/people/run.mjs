// Measures how long a search for a person among a million takes, and whether the person meant is in the results.
// node bench/people/run.mjs [--runs 3] [--people 1000000]
import { parseArgs } from 'node:util'
import { SqliteDirectorySearch } from '../../../services/identity/dist/adapters/views/directory-search.js'
import { directoryView } from '../../../services/identity/dist/adapters/views/directory-view.js'
import { measure } from '../lib/measure.mjs'
import { Random } from '../lib/random.mjs'
import { RUNS, report } from '../lib/report.mjs'
import { withScratchView } from '../lib/scratch.mjs'
import { inMb, inMs, short } from '../lib/table.mjs'
import { populate } from './directory.mjs'
import { KINDS } from './queries.mjs'
import { putInOrder, withoutOrder } from './sorted.mjs'

const QUERIES = 500
const LIMIT = 20
const GOAL_P99_MS = 50

/**
 * @param {SqliteDirectorySearch} directory @param {readonly import('./names.mjs').Name[]} people
 * @param {import('./queries.mjs').Kind} kind @param {Random} random
 */
async function row(directory, people, { name, script, make }, random) {
  let asked = 0
  let met = 0
  const prepare = () => make(random.of(people), random)
  const times = await measure(QUERIES, prepare, async ({ query, meant }) => {
    const found = await directory.search(query, LIMIT)
    asked++
    if (found.some(meant)) met++
  })
  // Much of a search is on another thread: only the whole time tells.
  const missed = times.p99 >= GOAL_P99_MS
  if (missed) process.exitCode = 1
  const cells = [inMs(times.cpu.p50), inMs(times.cpu.p99), inMs(times.p50), inMs(times.p99) + (missed ? ' (!)' : '')]
  return [name, script, ...cells, `${Math.round((100 * met) / asked)} %`]
}

const { values } = parseArgs({ options: { runs: RUNS, people: { type: 'string', default: '1000000' } } })
const count = Number(values.people)

async function once() {
  /** @type {string[][]} */
  const rows = []
  await withScratchView(withoutOrder(directoryView), async ({ view, bytes }) => {
    const random = new Random(3)
    const { people } = populate(view, count, random)
    putInOrder(view)
    console.error(`${short(count)} people, ${inMb(bytes())}`)
    const directory = new SqliteDirectorySearch({ view })
    for (const kind of KINDS) {
      const ofScript = people.filter(({ script }) => script === kind.script)
      rows.push(await row(directory, ofScript, kind, random))
    }
  })
  return [rows]
}

const head = ['typed', 'script', 'CPU of its thread p50, ms', 'CPU p99, ms', 'p50, ms', 'p99, ms', 'found']
await report(Number(values.runs), [head], once)
