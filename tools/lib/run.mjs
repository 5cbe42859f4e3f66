import { spawn } from 'node:child_process'
import { delimiter } from 'node:path'
import { inRoot, ROOT } from './root.mjs'

const BIN = inRoot('node_modules', '.bin')

/** An environment in which `node` is the pinned Node and tools are found by their names. */
export const environment = (/** @type {Record<string, string>} */ more = {}) => ({
  ...process.env,
  PATH: `${BIN}${delimiter}${process.env.PATH ?? ''}`,
  ...more,
})

/** @type {Set<import('node:child_process').ChildProcess>} */
const children = new Set()

/** Ends the children that `run` has started and that still run. */
export function endChildren() {
  for (const child of children) child.kill('SIGTERM')
}

/** @typedef {{ cwd?: string, env?: Record<string, string>, inherit?: boolean }} RunOptions */
/** `output` is standard output and error together, empty when they were inherited. */
/** @typedef {{ code: number, output: string }} Outcome */

/**
 * Runs a program of `node_modules/.bin` or of PATH until it ends. A signal that ended it counts as code 1.
 * @param {string} command @param {readonly string[]} args @param {RunOptions} [options] @returns {Promise<Outcome>}
 */
export function run(command, args, { cwd = ROOT, env = {}, inherit = false } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, [...args], {
      cwd,
      env: environment(env),
      stdio: inherit ? ['ignore', 'inherit', 'inherit'] : ['ignore', 'pipe', 'pipe'],
    })
    children.add(child)
    let output = ''
    const keep = (/** @type {Buffer} */ chunk) => {
      output += chunk.toString()
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    child.once('error', reject)
    child.once('close', (code) => {
      children.delete(child)
      resolve({ code: code ?? 1, output })
    })
  })
}

/** The last lines of an output, enough to see why it failed. */
export const lastLines = (/** @type {string} */ text, count = 30) => text.trimEnd().split('\n').slice(-count).join('\n')
