// Measures how reading one group's history slows down as the history grows: pages, searches, unread counts.
// node bench/history/run.mjs [--runs 3] [--max 1000000]
import { parseArgs } from 'node:util'
import { historyView } from '../../../services/group/dist/view/history-view.js'
import { measure } from '../lib/measure.mjs'
import { Random } from '../lib/random.mjs'
import { RUNS, report } from '../lib/report.mjs'
import { withScratchView } from '../lib/scratch.mjs'
import { inMb, p50p99, short } from '../lib/table.mjs'
import { TalkingGroup } from './group.mjs'
import { NEVER_TOGETHER, questionsOf } from './questions.mjs'

const SIZES = [1_000, 10_000, 100_000, 1_000_000]
const OPERATIONS = 300

/** One column: name of the row → value. @param {TalkingGroup} group @param {number} size @param {() => number} bytes */
async function column(group, size, bytes) {
  const before = group.size
  const ms = group.grow(size)
  /** @type {Map<string, string>} */
  const cells = new Map([
    ['fold rate, messages/s', short(Math.round(((size - before) / ms) * 1_000))],
    ['file', inMb(bytes())],
  ])
  group.fallBehind()
  for (const { name, prepare, run } of questionsOf(group, new Random(size))) {
    const times = await measure(OPERATIONS, prepare, run)
    cells.set(name, p50p99(times))
    // Others wait for this thread alone; a search works on another one.
    if (name === NEVER_TOGETHER) cells.set(`${name}: CPU of the service's thread`, p50p99(times.cpu))
  }
  return cells
}

const { values } = parseArgs({ options: { runs: RUNS, max: { type: 'string', default: '1000000' } } })
const sizes = SIZES.filter((size) => size <= Number(values.max))

/** Rows: each with its name, then a cell for each size. */
async function once() {
  /** @type {Map<string, string>[]} */
  const columns = []
  await withScratchView(historyView, async ({ view, bytes }) => {
    const group = new TalkingGroup(view)
    for (const size of sizes) {
      console.error(`${short(size)} messages`)
      columns.push(await column(group, size, bytes))
    }
  })
  const names = [...(columns[0]?.keys() ?? [])]
  return [names.map((name) => [name, ...columns.map((cells) => cells.get(name) ?? '')])]
}

await report(Number(values.runs), [['p50 / p99, ms', ...sizes.map(short)]], once)
