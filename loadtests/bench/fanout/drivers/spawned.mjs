import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { provideGatewayNode } from '../../../../tools/provision/index.mjs'

const SERVERS = fileURLToPath(new URL('../servers/', import.meta.url))

/** How clients connect to a server that needs no greeting. */
export const PLAIN = { host: '127.0.0.1', path: '/', opcode: 1, greetings: [''], liveWhen: '' }

/** @param {import('node:child_process').ChildProcess} child */
export async function kill(child) {
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGKILL')
  await gone
}

/**
 * A server of `servers/` in its own process: it says its port, then publishes every line that it gets. The process runs where uWebSockets.js
 * does. @param {string} file @param {Record<string, string>} env
 */
export async function spawned(file, env = {}) {
  const program = await provideGatewayNode(process.execPath)
  const child = spawn(program.command, [...program.args, SERVERS + file], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, ...program.env, ...env },
  })
  const port = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once('line', (line) => resolve(Number(line)))
    child.once('exit', (code) => reject(new Error(`${file} ended with ${code}`)))
  })
  // What is still to be written when the server is stopped is of no interest.
  child.stdin.on('error', () => undefined)
  const publish = (/** @type {string} */ text) => void child.stdin.write(`${text}\n`)
  return { pid: child.pid, port, publish, stop: () => kill(child) }
}
