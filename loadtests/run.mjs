// Runs one campaign and says whether it passed: nothing lost, nothing duplicated, requests in time. Without --target it starts its own
// installation. node loadtests/run.mjs scenarios/mix.yml [--target http://127.0.0.1:8080 [--mine]] [--tiny] [--minutes 10]
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { parse } from 'yaml'
import { NODE } from '../tools/lib/root.mjs'
import { runMini } from './engine/mini.mjs'
import { assertLoopback } from './loopback.mjs'
import { verdictOf } from './verdict.mjs'

/** One worker thread, on any number of cores, so that all people of a room share it. */
const ONE_THREAD = ['--platform-opt', 'mode=multiply', '--platform-opt', 'count=1']

const HERE = dirname(fileURLToPath(import.meta.url))
const REPORT = join(HERE, 'reports', 'last.json')

/** @param {string} command @param {string[]} args @param {AbortSignal} [signal] @returns {Promise<number>} exit code */
function run(command, args, signal) {
  const child = spawn(command, args, {
    cwd: HERE,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ARTILLERY_DISABLE_TELEMETRY: 'true' },
    ...(signal ? { signal } : {}),
  })
  return new Promise((done, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => done(code ?? 1))
  })
}

/** Artillery is large: it is installed at the first campaign, and its install scripts (one fetches a browser) never run. */
async function install() {
  const done = await stat(join(HERE, 'node_modules', '.package-lock.json')).catch(() => undefined)
  const wanted = await stat(join(HERE, 'package-lock.json'))
  if (done && done.mtimeMs >= wanted.mtimeMs) return
  console.log('installing Artillery (once)')
  if ((await run('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'])) !== 0) {
    throw new Error('npm could not install Artillery: see above.')
  }
}

/** Runs Artillery and returns its measurements. @param {string} scenario @param {string} target @param {number} minutes */
async function runArtillery(scenario, target, minutes) {
  await install()
  await mkdir(dirname(REPORT), { recursive: true })
  await rm(REPORT, { force: true })
  const artillery = join(HERE, 'node_modules', 'artillery', 'bin', 'run')
  const limit = AbortSignal.timeout(minutes * 60_000)
  const code = await run(
    NODE,
    [artillery, 'run', scenario, ...ONE_THREAD, '--target', target, '--output', REPORT],
    limit,
  )
  if (code !== 0) throw new Error(`Artillery ended with code ${code}.`)
  return JSON.parse(await readFile(REPORT, 'utf8')).aggregate
}

/** A gateway that is ready: the given one, or one of a new installation. @param {string | undefined} target @param {boolean} mine @param {number} sfuNodes of a new one */
async function provideTarget(target, mine, sfuNodes) {
  if (target === undefined) {
    const { findLivekit, Installation } = await import('@beseda/testkit')
    if (sfuNodes > 0 && !(await findLivekit())) throw new Error('This campaign needs an SFU: npm run sfu builds one.')
    const beseda = await Installation.start({}, { sfuNodes })
    return { target: beseda.url, release: () => beseda.stop() }
  }
  if (!mine) assertLoopback(target)
  const page = await fetch(target).catch(() => undefined)
  if (!page?.ok) throw new Error(`Nothing answers at ${target}: run npm start first, or omit --target.`)
  return { target, release: async () => {} }
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      target: { type: 'string' },
      mine: { type: 'boolean', default: false },
      tiny: { type: 'boolean', default: false },
      minutes: { type: 'string', default: '10' },
    },
  })
  const scenario = resolve(HERE, positionals[0] ?? 'scenarios/smoke.yml')
  if (!existsSync(scenario)) throw new Error(`There is no scenario ${scenario}.`)
  const { target, release } = await provideTarget(values.target, values.mine, basename(scenario) === 'sfu.yml' ? 2 : 0)
  try {
    const aggregate = values.tiny
      ? await runMini(parse(await readFile(scenario, 'utf8')), target)
      : await runArtillery(scenario, target, Number(values.minutes))
    const { lines, problems } = verdictOf(aggregate)
    console.log(`\n${lines.join('\n')}`)
    if (problems.length > 0) throw new Error(`The campaign failed:\n  ${problems.join('\n  ')}`)
    console.log('It held: nothing lost, nothing doubled, in time.')
  } finally {
    await release()
  }
}

try {
  await main()
} catch (error) {
  console.error(
    /** @type {Error} */ (error).name === 'AbortError' ? 'The campaign took too long: see --minutes.' : error.message,
  )
  process.exitCode = 1
}
