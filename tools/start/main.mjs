// `npm start`: from a fresh clone to one URL. On exit, stops everything it has started.
import { build } from '../lib/build.mjs'
import { Advice, inRoot } from '../lib/root.mjs'
import { endChildren } from '../lib/run.mjs'
import { duration, outliveReaders, paint, say, step } from '../lib/terminal.mjs'
import { parseStartArgs, USAGE } from './args.mjs'
import { openData, reset } from './data.mjs'
import { seedDemo } from './demo.mjs'
import { assertRoom } from './disk.mjs'
import { aborted, bringUp, provide, stop } from './installation.mjs'
import { claim } from './instance.mjs'
import { assertFree, chooseDebuggerPorts, choosePorts } from './ports.mjs'
import { System } from './system.mjs'

/** @param {import('./args.mjs').StartOptions} options @param {AbortSignal} signal to stop */
async function start({ port, host, reset: forget, demo, inspect }, signal) {
  const began = performance.now()
  const url = `http://localhost:${port}`
  const folder = inRoot('.data')
  await assertRoom(inRoot())
  const release = await claim(folder, url)
  /** @type {System | undefined} */
  let system
  try {
    await assertFree(port, host)
    say(`\n  ${paint('bold', 'Beseda')}\n`)
    if (forget) await step('all data deleted', () => reset(folder))
    await step('build', build)
    const programs = await step('servers found', provide)
    signal.throwIfAborted()
    const data = await openData(folder)
    const debuggers = await chooseDebuggerPorts(inspect)
    const place = { data, programs, ports: await choosePorts(port), web: { port, host }, inspect: debuggers }
    system = new System(data.logs)
    await bringUp(system, place, signal)
    for (const [name, at] of debuggers) say(`  ${name} waits for a debugger at 127.0.0.1:${at}`)
    if (demo) await step('demo people and groups', () => seedDemo(url))
    say(`\n  ready in ${duration(performance.now() - began)}; logs in .data/logs; Ctrl+C stops everything\n`)
    say(`  ${paint('bold', url)}\n`)
    await aborted(signal)
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    if (system) await stop(system, signal)
    await release()
  }
}

outliveReaders()
const stopping = new AbortController()
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
  process.on(signal, () => {
    stopping.abort()
    endChildren()
  })
}
try {
  const options = parseStartArgs(process.argv.slice(2))
  if (options.help) say(USAGE)
  else await start(options, stopping.signal)
} catch (error) {
  const { message, stack } = /** @type {Error} */ (error)
  process.stderr.write(
    `${paint('red', error instanceof Advice || !process.env.DEBUG ? message : (stack ?? message))}\n`,
  )
  process.exitCode = 1
}
