// Runs the first commands of the README in fresh clones, under every condition that has once failed. Ends with `N passed, N failed`.
// `node tools/bootstrap.mjs fresh [words of a way's name]`
import { createServer } from 'node:net'
import { lastLines, run } from '../lib/run.mjs'
import { exitCodeOf, say, step, summaryLine } from '../lib/terminal.mjs'
import { PORTS, probe } from '../start/ports.mjs'
import { makeClone, npm, removeClone, uninstall } from './clone.mjs'
import { CLONES } from './ways.mjs'

/** A pure, small test that needs nothing but the installed packages. */
const ONE_FILE = 'tools/lib/terminal.spec.ts'

/** What `npm start` says last: the address, perhaps after a word about the first account. */
const READY = /Ctrl\+C stops everything\n[\s\S]*http:\/\/\S+\n/

/** @param {boolean} held @param {string} what @param {string} output */
function expect(held, what, output) {
  if (!held) throw new Error(`${what}:\n${lastLines(output, 15)}`)
}

/** @param {string} folder @param {import('./ways.mjs').Way} way */
async function tryOut(folder, way) {
  const port = String((await probe(0)) ?? 0)
  await step(`npm start, ${way.name}`, async () => {
    const { output } = await npm(folder, way, ['start', '--', '--port', port], READY)
    expect(/\n {2}stopped\n/.test(output), 'it did not start and stop', output)
  })
  await step(`npm test of one file, ${way.name}`, async () => {
    const { code, output } = await npm(folder, way, ['test', '--', ONE_FILE])
    expect(code === 0 && /\n[1-9]\d* passed, 0 failed\n/.test(output), `it ended with code ${code}`, output)
  })
  const { output } = await run('git', ['status', '--porcelain', '--untracked-files=no'], { cwd: folder })
  expect(output === '', 'files of the repository were changed', output)
}

const words = process.argv.slice(2)
const summary = { passed: 0, failed: 0 }

/** @param {readonly import('./ways.mjs').Way[]} ways */
async function tryInOneClone(ways) {
  const folder = await makeClone()
  for (const way of ways) {
    try {
      await uninstall(folder)
      await tryOut(folder, way)
      summary.passed++
    } catch (error) {
      summary.failed++
      say(`\n${/** @type {Error} */ (error).message.replace(/^/gm, '    ')}\n`)
    }
  }
  await removeClone(folder)
}

/** Takes the ports that each start prefers, so that starts at the same time do not want the same ones. Those that are taken already stay so. */
async function takePorts() {
  const servers = Object.values(PORTS).map((port) =>
    createServer()
      .on('error', () => {})
      .listen(port),
  )
  return () => servers.map((server) => server.close())
}

const chosen = CLONES.map((ways) => ways.filter(({ name }) => words.every((word) => name.includes(word))))
const release = await takePorts()
// npm and the compilers keep one processor busy most of the time.
await Promise.all(chosen.filter((ways) => ways.length > 0).map(tryInOneClone))
release()
say(`\n${summaryLine(summary)}`)
process.exitCode = exitCodeOf(summary)
