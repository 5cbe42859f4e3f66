// `npm run dev`: the whole product with its demo people; it follows saved changes. `--measure` prints how fast, and ends.
import { watch } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generate } from '../lib/build.mjs'
import { Advice, inRoot } from '../lib/root.mjs'
import { endChildren } from '../lib/run.mjs'
import { duration, outliveReaders, paint, say, step } from '../lib/terminal.mjs'
import { parseStartArgs, USAGE } from '../start/args.mjs'
import { openData, reset } from '../start/data.mjs'
import { seedDemo } from '../start/demo.mjs'
import { founderCodeOf } from '../start/founder.mjs'
import { aborted, bringUp, provide, stop } from '../start/installation.mjs'
import { claim } from '../start/instance.mjs'
import { assertFree, chooseDebuggerPorts, choosePorts, probe } from '../start/ports.mjs'
import { System } from '../start/system.mjs'
import { compile, compileOnSave } from './compiler.mjs'
import { follow } from './follow.mjs'
import { measure } from './measure.mjs'
import { planVite } from './vite.mjs'

/** @param {import('../start/args.mjs').StartOptions & { measured: boolean }} options @param {AbortSignal} signal to stop */
async function develop({ port, host, reset: forget, inspect, measured }, signal) {
  const began = performance.now()
  const url = `http://localhost:${port}`
  const folder = inRoot('.data')
  const release = await claim(folder, url)
  /** @type {System | undefined} */
  let system
  try {
    await assertFree(port, host)
    say(`\n  ${paint('bold', 'Beseda')}, development mode\n`)
    if (forget) await step('all data deleted', () => reset(folder))
    await step('generated code', generate)
    await step('types and services built', firstBuild)
    const programs = await step('servers found', provide)
    signal.throwIfAborted()
    const data = await openData(folder)
    const running = new System(data.logs)
    system = running
    const debuggers = await chooseDebuggerPorts(inspect)
    const gatewayPort = (await probe(0, '127.0.0.1')) ?? 0
    const place = {
      data,
      programs,
      modules: true,
      ports: await choosePorts(port),
      web: { port: gatewayPort, host: '127.0.0.1', url, folder: await emptyPage(folder) },
      inspect: debuggers,
      registration: 'open',
    }
    await bringUp(running, place, signal)
    await running.start([planVite({ port, host, gateway: `http://127.0.0.1:${gatewayPort}` })])
    compileOnSave(await follow(running))
    watchContracts()
    const founderCode = await founderCodeOf(data.secret)
    const demo = await step('demo people and groups', () => seedDemo(`http://127.0.0.1:${gatewayPort}`, founderCode))
    for (const [name, at] of debuggers) say(`  ${name} waits for a debugger at 127.0.0.1:${at}`)
    say(`\n  ready in ${duration(performance.now() - began)}; ${demo}; logs in .data/logs; Ctrl+C stops everything\n`)
    say(`  ${paint('bold', url)}\n`)
    if (measured) await measure({ url, healthPort: place.ports.identity, signal })
    else await aborted(signal)
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    if (system) await stop(system, signal)
    await release()
  }
}

async function firstBuild() {
  const { errors } = await compile()
  if (errors.length > 0) throw new Advice(`The code does not compile:\n${errors.join('\n')}`)
}

/** Vite serves the client; only the headers of the gateway's page are used. @param {string} data folder @returns {Promise<string>} */
async function emptyPage(data) {
  const folder = join(data, 'dev-page')
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>Beseda</title>')
  return folder
}

/** Contracts are generated again when one is saved; the compiler picks up the result. */
function watchContracts() {
  watch(inRoot('proto', 'beseda'), { recursive: true }, () => {
    generate().catch((error) => say(`  ${paint('red', error.message)}`))
  })
}

outliveReaders()
// Caches compiled code for processes that restart often. https://nodejs.org/api/cli.html#node_compile_cachedir
process.env.NODE_COMPILE_CACHE ??= inRoot('.nx', 'compile-cache')
const stopping = new AbortController()
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    stopping.abort()
    endChildren()
  })
}
try {
  const args = process.argv.slice(2)
  const options = parseStartArgs(args.filter((arg) => arg !== '--measure'))
  if (options.help) say(USAGE.replace('npm start', 'npm run dev'))
  else await develop({ ...options, measured: args.includes('--measure') }, stopping.signal)
  // The watcher of contracts would keep the process alive.
  process.exit()
} catch (error) {
  const { message, stack } = /** @type {Error} */ (error)
  process.stderr.write(
    `${paint('red', error instanceof Advice || !process.env.DEBUG ? message : (stack ?? message))}\n`,
  )
  process.exit(1)
}
