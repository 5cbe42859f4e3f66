// Measures how smoothly 100,000 messages scroll, and the delay of keys and clicks while 20 messages a second arrive.
// node bench/web/run.mjs [--runs 3] [--messages 100000] [--rate 20]
import { parseArgs } from 'node:util'
import { timesOf } from '../lib/measure.mjs'
import { RUNS, report } from '../lib/report.mjs'
import { inMs, short } from '../lib/table.mjs'
import { interact } from './interact.mjs'
import { withPage } from './page.mjs'
import { drag, wheel } from './scroll.mjs'

const { values } = parseArgs({
  options: { runs: RUNS, messages: { type: 'string', default: '100000' }, rate: { type: 'string', default: '20' } },
})
const messages = Number(values.messages)
/** Goals: a frame without a visible stutter, and an interaction that feels immediate (INP: "good" is 200 ms). */
const GOALS = { frameMs: 50, interactionMs: 100 }

let missed = false
const once = () =>
  withPage(async (open) => {
    const page = await open(`messages=${messages}`)
    const scrolls = [
      { what: 'wheel, 6,000 px/s', ...(await wheel(page)) },
      { what: 'dragged through all of it', ...(await drag(page)) },
    ]
    await page.context().close()
    const rows = scrolls.map(({ what, frames, blank }) => {
      const times = timesOf(frames)
      return { cells: [what, inMs(times.p50), inMs(times.p99), inMs(times.max), `${blank} of ${frames.length}`], times }
    })
    const busy = await open(`messages=1000&rate=${values.rate}`)
    const { interactions, arrived } = await interact(busy)
    const times = timesOf(interactions)
    const [wheeled] = rows
    missed ||= (wheeled?.times.p99 ?? 0) > GOALS.frameMs || times.p99 > GOALS.interactionMs
    const counts = [String(interactions.length), String(arrived)]
    return [rows.map(({ cells }) => cells), [[...counts, inMs(times.p50), inMs(times.p99), inMs(times.max)]]]
  })

const heads = [
  [`scrolled (${short(messages)} messages)`, 'frame p50, ms', 'p99', 'longest', 'blank frames'],
  ['keys and clicks', 'messages that came in', 'to the next paint p50, ms', 'p99', 'longest'],
]
await report(Number(values.runs), heads, once)
if (missed)
  console.log(`\n(!) a goal is missed: frames p99 ${GOALS.frameMs} ms, interactions p99 ${GOALS.interactionMs} ms`)
process.exitCode = missed ? 1 : 0
