import { parseArgs } from 'node:util'
import { Advice } from '../lib/root.mjs'
import { SERVICES } from './plan.mjs'

/** @typedef {{ port: number, host: string, reset: boolean, demo: boolean, data: string | undefined, inspect: string[], help: boolean }} StartOptions */

export const USAGE = `npm start -- [options]
  --port <n>     port of the web client and the API (8080)
  --host <name>  address to listen on (127.0.0.1; 0.0.0.0 for the whole network)
  --data <path>  folder of all data (.data of this checkout)
  --demo         people, groups and messages to look around in
  --inspect <p>  a debugger may attach to the process p (group, gateway, …); several times
  --reset        delete all data first: accounts, groups, messages`

/** Processes that run our own code. */
const INSPECTABLE = [...SERVICES, 'gateway']

const PORTS = { least: 1, most: 65_535 }

/** @param {readonly string[]} argv @returns {StartOptions} Errors: Advice. */
export function parseStartArgs(argv) {
  const { port, data, ...values } = parse(argv)
  if (data === '') throw new Advice('--data needs the path of a folder.')
  const number = Number(port)
  if (!Number.isInteger(number) || number < PORTS.least || number > PORTS.most) {
    throw new Advice(`--port must be a whole number from ${PORTS.least} to ${PORTS.most}, not "${port}".`)
  }
  for (const name of values.inspect) {
    if (!INSPECTABLE.includes(name)) throw new Advice(`--inspect takes ${INSPECTABLE.join(', ')}, not "${name}".`)
  }
  return { ...values, data, port: number }
}

/** @param {readonly string[]} argv */
function parse(argv) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        port: { type: 'string', default: '8080' },
        host: { type: 'string', default: '127.0.0.1' },
        demo: { type: 'boolean', default: false },
        data: { type: 'string' },
        inspect: { type: 'string', multiple: true, default: [] },
        reset: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false, short: 'h' },
      },
    }).values
  } catch (error) {
    throw new Advice(`${/** @type {Error} */ (error).message}\n${USAGE}`)
  }
}
