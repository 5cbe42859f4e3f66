// `npm test`: everything, from pure functions to whole systems in a browser. Ends with `N passed, N failed`.
import { mkdir, readFile, rm } from 'node:fs/promises'
import { build, generate } from '../lib/build.mjs'
import { inRoot } from '../lib/root.mjs'
import { endChildren, run } from '../lib/run.mjs'
import { exitCodeOf, paint, say, step, summaryLine, total } from '../lib/terminal.mjs'
import { provideChromium } from './chromium.mjs'
import { outcomeOf } from './outcome.mjs'
import { runsOf } from './runs.mjs'

const REPORT = inRoot('.nx', 'test-report.json')

/** @param {import('./runs.mjs').Run} wanted @param {Record<string, string>} env @returns {Promise<import('./outcome.mjs').Outcome>} */
async function runVitest({ title, args }, env) {
  say(`\n  ${paint('bold', title)}`)
  await rm(REPORT, { force: true })
  const reporters = ['--reporter=default', `--reporter=${inRoot('tools', 'test', 'reporter.mjs')}`]
  const { code } = await run('vitest', ['run', '--passWithNoTests', ...reporters, ...args], {
    env: { ...env, BESEDA_TEST_REPORT: REPORT },
    inherit: true,
  })
  const report = await readFile(REPORT, 'utf8').catch(() => undefined)
  return outcomeOf(report === undefined ? undefined : JSON.parse(report), code)
}

/** @param {string} title @param {string[]} lines */
function list(title, lines) {
  if (lines.length > 0) say(`\n  ${title}:\n${lines.map((line) => `    ${line}`).join('\n')}`)
}

/** @param {string[]} args @returns {Promise<import('../lib/terminal.mjs').Summary>} */
async function test(args) {
  const runs = runsOf(args)
  const outcomes = []
  /** @type {Record<string, string>} */
  const env = {
    // Compiled code of what is started dozens of times. https://nodejs.org/api/cli.html#node_compile_cachedir
    NODE_COMPILE_CACHE: inRoot('.nx', 'compile-cache'),
  }
  try {
    if (runs.some((each) => each.needsBrowser)) env.CHROMIUM = await step('Chromium', provideChromium)
  } catch (error) {
    // Pure and integration tests still tell something; without a browser the whole is not green.
    const { message } = /** @type {Error} */ (error)
    say(`  ${message}`)
    outcomes.push({ passed: 0, failed: 1, failures: [`Chromium: ${message}`], skipped: [] })
  }
  await step('generated code', generate)
  await step('build', build)
  await mkdir(inRoot('.nx'), { recursive: true })
  for (const each of runs) {
    if (!each.needsBrowser || env.CHROMIUM) outcomes.push(await runVitest(each, env))
  }
  // At the end, where they are looked for: a whole run prints thousands of lines before.
  list(
    'skipped',
    outcomes.flatMap((outcome) => outcome.skipped),
  )
  list(
    'failed',
    outcomes.flatMap((outcome) => outcome.failures),
  )
  return total(outcomes)
}

for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, endChildren)
/** @type {import('../lib/terminal.mjs').Summary} */
let summary = { passed: 0, failed: 1 }
try {
  summary = await test(process.argv.slice(2))
} catch (error) {
  say(`\n${/** @type {Error} */ (error).message}\n`)
}
say(`\n${summaryLine(summary)}`)
process.exitCode = exitCodeOf(summary)
