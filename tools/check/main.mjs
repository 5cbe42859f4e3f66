// `npm run check`: every static check of the code. Ends with `N passed, N failed`.
import { endChildren } from '../lib/run.mjs'
import { exitCodeOf, say, step, summaryLine } from '../lib/terminal.mjs'
import { FIRST, LANES } from './checks.mjs'

for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, endChildren)
const summary = { passed: 0, failed: 0 }

/** @param {readonly import('./checks.mjs').Check[]} checks one after another */
async function runAll(checks) {
  for (const { name, run } of checks) {
    try {
      await step(name, run)
      summary.passed++
    } catch (error) {
      summary.failed++
      say(`\n${/** @type {Error} */ (error).message.replace(/^/gm, '    ')}\n`)
    }
  }
}

await runAll([FIRST])
await Promise.all(LANES.map(runAll))
say(`\n${summaryLine(summary)}`)
process.exitCode = exitCodeOf(summary)
