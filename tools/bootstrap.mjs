// Behind `npm start`, `npm run dev`, `npm test`, `npm run check`, `npm run chaos`, `npm run sfu` and `npm run admin`. Runs on the host's own Node (20 or newer) before anything is
// installed, and hands over to the real program on the pinned Node.
import { spawn } from 'node:child_process'
import { ensureInstalled } from './lib/install.mjs'
import { Advice, inRoot, NODE, ROOT } from './lib/root.mjs'

const LEAST_NODE = 20
const PROGRAMS = ['start', 'dev', 'test', 'check', 'chaos', 'admin', 'screenshots', 'models', 'sfu', 'fresh']
/** Programs that run until they are told to end. */
const LASTING = ['start', 'dev']

/** Bounds of the engine's memory (ADR 89): an archive of a million messages takes 350 MB with them, and 480 without. */
const BOUNDS = { admin: ['--max-semi-space-size=8'] }

/** @param {string[]} argv @returns {Promise<number>} exit code of the program */
async function run([program = '', ...args]) {
  if (Number(process.versions.node.split('.')[0]) < LEAST_NODE) {
    throw new Advice(`Beseda needs Node ${LEAST_NODE} or newer and this is ${process.version}: see https://nodejs.org.`)
  }
  if (!PROGRAMS.includes(program)) throw new Advice(`usage: node tools/bootstrap.mjs ${PROGRAMS.join('|')}`)
  await ensureInstalled()
  const bounds = Reflect.get(BOUNDS, program) ?? []
  const child = spawn(NODE, [...bounds, inRoot('tools', program, 'main.mjs'), ...args], { cwd: ROOT, stdio: 'inherit' })
  // Ctrl+C reaches the program directly, as it shares the terminal; other signals reach this process only. So does SIGINT from npm, or from
  // whoever starts this without a terminal: what lasts is then told to end, and that twice is no second Ctrl+C.
  process.on('SIGINT', () => LASTING.includes(program) && child.kill('SIGTERM'))
  for (const signal of /** @type {const} */ (['SIGTERM', 'SIGHUP'])) process.on(signal, () => child.kill(signal))
  return new Promise((resolve, reject) => {
    child.once('error', ({ message }) => reject(new Advice(`${NODE} cannot be started (${message}).`)))
    child.once('exit', (code) => resolve(code ?? 1))
  })
}

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  const { message, stack } = /** @type {Error} */ (error)
  process.stderr.write(`${error instanceof Advice || !process.env.DEBUG ? message : stack}\n`)
  process.exitCode = 1
}
