// `npm start`: from a fresh clone to one URL. On exit, stops everything it has started.

import { relative, resolve } from 'node:path'
import { build } from '../lib/build.mjs'
import { Advice, inRoot, ROOT } from '../lib/root.mjs'
import { endChildren } from '../lib/run.mjs'
import { duration, outliveReaders, paint, say, step } from '../lib/terminal.mjs'
import { parseStartArgs, USAGE } from './args.mjs'
import { makeFolder, openData, reset } from './data.mjs'
import { seedDemo } from './demo.mjs'
import { assertRoom } from './disk.mjs'
import { founderCodeOf, foundingUrl } from './founder.mjs'
import { aborted, bringUp, provide, stop } from './installation.mjs'
import { claim } from './instance.mjs'
import { localUrl } from './plan.mjs'
import { assertFree, chooseDebuggerPorts, choosePorts } from './ports.mjs'
import { System } from './system.mjs'

/** @param {import('./args.mjs').StartOptions} options @param {AbortSignal} signal to stop */
async function start({ port, host, reset: forget, demo, data: wanted, inspect }, signal) {
  const began = performance.now()
  const url = localUrl({ host, port })
  // npm runs this in the checkout; a relative path is one of where `npm start` was typed.
  const folder = wanted === undefined ? inRoot('.data') : resolve(process.env.INIT_CWD ?? '', wanted)
  await makeFolder(folder)
  await assertRoom(folder)
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
    const place = {
      data,
      programs,
      ports: await choosePorts(port),
      web: { port, host },
      inspect: debuggers,
      ...(demo ? { registration: 'open' } : {}),
    }
    system = new System(data.logs)
    await bringUp(system, place, signal)
    for (const [name, at] of debuggers) say(`  ${name} waits for a debugger at 127.0.0.1:${at}`)
    const founderCode = await founderCodeOf(data.secret)
    if (demo) await step('demo people and groups', () => seedDemo(url, founderCode))
    const founding = await foundingUrl(url, founderCode)
    say(
      `\n  ready in ${duration(performance.now() - began)}; logs in ${relative(ROOT, data.logs).startsWith('..') ? data.logs : relative(ROOT, data.logs)}; Ctrl+C stops everything\n`,
    )
    if (founding) say('  There is no account yet. Open this address to make the first one, which administers Beseda:\n')
    say(`  ${paint('bold', founding ?? url)}\n`)
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
