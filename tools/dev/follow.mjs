import { basename } from 'node:path'
import { ROOT } from '../lib/root.mjs'
import { duration, paint, say } from '../lib/terminal.mjs'
import { changedPackages, readOutputs, readPackages } from './outputs.mjs'

/** A process that has not ended after this time is killed: nobody should wait for the old process to finish its work. */
const PATIENCE_MS = 300

/**
 * Restarts the processes whose code has changed, and no others; their data on disk stays.
 * @param {import('../start/system.mjs').System} system that runs the current build
 * @returns {Promise<(build: import('./compiler.mjs').Build) => Promise<void>>} to be called after every later build
 */
export async function follow(system) {
  const packages = readPackages(ROOT)
  let running = await readOutputs(ROOT, packages)

  const update = async () => {
    const began = performance.now()
    const outputs = await readOutputs(ROOT, packages)
    const names = changedPackages(packages, running, outputs).map((folder) => basename(folder))
    running = outputs
    const processes = names.map((name) => system.find(name)).filter((process) => process !== undefined)
    if (processes.length === 0) return
    await Promise.all(processes.map((process) => process.restart(PATIENCE_MS)))
    const which = processes.map(({ name }) => name).join(', ')
    say(`  ${paint('green', '↻')} ${which}  ${paint('dim', duration(performance.now() - began))}`)
  }
  return async ({ errors }) => {
    for (const error of errors) say(`  ${paint('red', error)}`)
    if (errors.length > 0) say(`  ${paint('yellow', '!')} the previous version keeps running`)
    else await update().catch((error) => say(`  ${paint('red', error.message)}`))
  }
}
