// Runs one campaign against a platform on this machine and says whether it held: nothing lost, nothing refused.
// node loadtests/run.mjs scenarios/chat.yml [--target http://127.0.0.1:8080] [--health http://127.0.0.1:9100] [--minutes 10]
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rm, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { assertLoopback } from './loopback.mjs'
import { verdictOf } from './verdict.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const NODE = join(HERE, '..', 'node_modules', 'node', 'bin', 'node')
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

/** @param {string} health address of the gateway's health server @param {string} target */
async function assertReady(health, target) {
  const response = await fetch(new URL('/health/ready', health)).catch(() => undefined)
  if (response?.status === 200) return
  throw new Error(`Nothing says at ${health} that ${target} is ready: run npm start first, or name it with --health.`)
}

async function main() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      target: { type: 'string', default: 'http://127.0.0.1:8080' },
      health: { type: 'string', default: 'http://127.0.0.1:9100' },
      minutes: { type: 'string', default: '10' },
    },
  })
  const scenario = resolve(HERE, positionals[0] ?? 'scenarios/smoke.yml')
  if (!existsSync(scenario)) throw new Error(`There is no scenario ${scenario}.`)
  assertLoopback(values.target)
  await assertReady(values.health, values.target)
  await install()
  await mkdir(dirname(REPORT), { recursive: true })
  await rm(REPORT, { force: true })
  const artillery = join(HERE, 'node_modules', 'artillery', 'bin', 'run')
  const limit = AbortSignal.timeout(Number(values.minutes) * 60_000)
  const code = await run(NODE, [artillery, 'run', scenario, '--target', values.target, '--output', REPORT], limit)
  if (code !== 0) throw new Error(`Artillery ended with code ${code}.`)
  const { lines, problems } = verdictOf(JSON.parse(await readFile(REPORT, 'utf8')).aggregate)
  console.log(`\n${lines.join('\n')}`)
  if (problems.length > 0) throw new Error(`It did not hold:\n  ${problems.join('\n  ')}`)
  console.log('It held: nothing lost, nothing doubled, no error.')
}

try {
  await main()
} catch (error) {
  console.error(
    /** @type {Error} */ (error).name === 'AbortError' ? 'The campaign took too long: see --minutes.' : error.message,
  )
  process.exitCode = 1
}
