// `npm test`: all tests, from pure functions to whole systems in a browser, or a selection. Ends with `N passed, N failed`.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm } from 'node:fs/promises'
import { build, generate } from '../lib/build.mjs'
import { inRoot, ROOT } from '../lib/root.mjs'
import { endChildren, environment, run } from '../lib/run.mjs'
import { exitCodeOf, paint, say, step, summaryLine, total } from '../lib/terminal.mjs'
import { baseOfChange } from './affected.mjs'
import { parseTestArgs, USAGE } from './args.mjs'
import { provideChromium } from './chromium.mjs'
import { afterCrash, crashedFiles } from './crash.mjs'
import { provideDocker } from './docker.mjs'
import { needsFirefox, provideFirefox } from './firefox.mjs'
import { outcomeOf } from './outcome.mjs'
import { runsOf, testFiles } from './runs.mjs'
import { slowest } from './slowest.mjs'
import { stopwatch } from './stopwatch.mjs'

const REPORT = inRoot('.nx', 'test-report.json')

/** A file in which a native module crashed is run once more, and that is said. @param {import('./runs.mjs').Run} wanted @param {Record<string, string>} env */
async function outcomeOfRun(wanted, env) {
  const { report, code } = await runVitest(wanted, env)
  const crashed = crashedFiles(report)
  if (!report || crashed.length === 0) return outcomeOf(report, code)
  const again = { ...wanted, title: `a native module crashed in ${crashed.join(', ')}: once more` }
  const second = await runVitest({ ...again, args: [...wanted.projects, ...crashed] }, env)
  return outcomeOf(afterCrash(report, second.report, crashed), second.code)
}

/**
 * `report` undefined: none was written. @param {import('./runs.mjs').Run} wanted @param {Record<string, string>} env
 * @returns {Promise<{ report: import('./outcome.mjs').Report | undefined, code: number }>}
 */
async function runVitest({ title, args }, env) {
  say(`\n  ${paint('bold', title)}`)
  await rm(REPORT, { force: true })
  const reporters = ['--reporter=default', `--reporter=${inRoot('tools', 'test', 'reporter.mjs')}`]
  const { code } = await run('vitest', ['run', '--passWithNoTests', ...reporters, ...args], {
    env: { ...env, BESEDA_TEST_REPORT: REPORT },
    inherit: true,
  })
  const report = await readFile(REPORT, 'utf8').catch(() => undefined)
  return { report: report === undefined ? undefined : JSON.parse(report), code }
}

/** @param {string} title @param {string[]} lines */
function list(title, lines) {
  if (lines.length > 0) say(`\n  ${title}:\n${lines.map((line) => `    ${line}`).join('\n')}`)
}

/**
 * Watches until it is ended: Vitest's own keys and output.
 * @param {import('./runs.mjs').Run} wanted @param {Record<string, string>} env @returns {Promise<number>} exit code
 */
async function watch({ args }, env) {
  const child = spawn('vitest', ['watch', '--passWithNoTests', ...args], {
    cwd: ROOT,
    env: environment(env),
    stdio: 'inherit',
  })
  process.on('SIGINT', () => {})
  process.on('SIGTERM', () => child.kill())
  const [code] = await once(child, 'exit')
  return code ?? 0
}

/**
 * Prepares only what the runs need. Without a browser the other tests still run.
 * @param {readonly import('./runs.mjs').Run[]} runs
 */
async function prepare(runs) {
  /** @type {Record<string, string>} */
  const env = {
    // Caches compiled code of programs that start dozens of times. https://nodejs.org/api/cli.html#node_compile_cachedir
    NODE_COMPILE_CACHE: inRoot('.nx', 'compile-cache'),
  }
  const failures = []
  let hasBrowser = false
  try {
    if (runs.some((each) => each.needsBrowser)) await step('Chromium', provideChromium)
    hasBrowser = true
    if (runs.some(({ files }) => needsFirefox(files))) await step('Firefox', provideFirefox)
    if (runs.some(({ title }) => title === 'deploy')) await step('Docker', provideDocker)
  } catch (error) {
    const { message } = /** @type {Error} */ (error)
    say(`  ${message}`)
    failures.push(`Chromium: ${message}`)
  }
  await step('generated code', generate)
  // Some integration tests start what `npm start` runs.
  if (runs.some(({ needsBuild, args }) => needsBuild || args.includes('int'))) await step('build', build)
  await mkdir(inRoot('.nx'), { recursive: true })
  return { env, failures, hasBrowser }
}

/** @param {import('./args.mjs').TestOptions} options @returns {Promise<number>} exit code */
async function test(options) {
  const runs = runsOf(options, testFiles(), options.affected ? await baseOfChange() : undefined)
  const { env, failures, hasBrowser } = await prepare(runs)
  const [first] = runs
  if (options.watch && first) return watch(first, env)

  const outcomes = [{ passed: 0, failed: failures.length, failures, skipped: [], files: [] }]
  const times = []
  for (const each of runs) {
    if (each.needsBrowser && !hasBrowser) continue
    const took = stopwatch()
    outcomes.push(await outcomeOfRun(each, env))
    times.push(`${took()}   ${each.title}`)
  }
  // At the end, where people look: a full run prints thousands of lines before.
  const all = (/** @type {'skipped' | 'failures'} */ what) => outcomes.flatMap((outcome) => outcome[what])
  list('skipped', all('skipped'))
  list('failed', all('failures'))
  const files = outcomes.flatMap((outcome) => outcome.files)
  if (files.length > 1) list('the slowest files', slowest(files))
  if (times.length > 1) list('the kinds of tests', times)
  const summary = total(outcomes)
  const isUntouched = options.affected && summary.passed + summary.failed === 0
  if (isUntouched) say('\n  No test is reached by what has changed since main.')
  say(`\n${summaryLine(summary)}`)
  return isUntouched ? 0 : exitCodeOf(summary)
}

for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, endChildren)
try {
  const options = parseTestArgs(process.argv.slice(2))
  if (options.help) say(USAGE)
  else process.exitCode = await test(options)
} catch (error) {
  say(`\n${/** @type {Error} */ (error).message}\n\n${summaryLine({ passed: 0, failed: 1 })}`)
  process.exitCode = 1
}
