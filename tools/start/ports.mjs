import { createServer } from 'node:net'
import { Advice } from '../lib/root.mjs'

/** Preferred ports; all but the web port move when taken. */
export const PORTS = {
  nats: 4222,
  monitor: 8222,
  redis: 6379,
  gateway: 9100,
  identity: 9101,
  group: 9102,
  membership: 9103,
  call: 9104,
  presence: 9105,
  notify: 9106,
  preview: 9107,
  export: 9108,
  mail: 9109,
  caption: 9110,
  // Of an SFU, where there is one: signalling, and media over TCP and UDP.
  sfu: 7880,
  sfuTcp: 7881,
  sfuUdp: 7882,
}

/** @typedef {Record<keyof typeof PORTS, number>} Ports */

/**
 * The port when it is free, undefined when it is taken. 0 requests any.
 * Errors: those of listen(2), such as EACCES.
 * @param {number} port @param {string} [host] undefined: all addresses
 * @returns {Promise<number | undefined>}
 */
export function probe(port, host) {
  const server = createServer()
  return new Promise((resolve, reject) => {
    server.once('error', (/** @type {NodeJS.ErrnoException} */ error) =>
      error.code === 'EADDRINUSE' ? resolve(undefined) : reject(error),
    )
    server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
      const address = server.address()
      server.close(() => resolve(typeof address === 'object' ? address?.port : undefined))
    })
  })
}

/** Errors: Advice when the port is not available. @param {number} port @param {string} host */
export async function assertFree(port, host) {
  const free = await probe(port, host).catch((/** @type {NodeJS.ErrnoException} */ error) => {
    if (error.code === 'EACCES') throw new Advice(`Port ${port} needs more rights: choose one above 1023 with --port.`)
    if (error.code === 'ENOTFOUND' || error.code === 'EADDRNOTAVAIL') {
      throw new Advice(`--host ${host} is not an address of this machine: use 127.0.0.1 or 0.0.0.0.`)
    }
    if (error.code === 'EAFNOSUPPORT') throw new Advice(`--host ${host}: this machine has no IPv6; use 0.0.0.0.`)
    throw error
  })
  if (free === undefined) {
    throw new Advice(`Port ${port} is taken: stop what uses it, or take another: npm start -- --port ${port + 1}`)
  }
}

/** The preferred port of each part, or any free one where that is taken. @param {number} reserved the web port @returns {Promise<Ports>} */
export async function choosePorts(reserved) {
  const chosen = { ...PORTS }
  for (const name of /** @type {(keyof typeof PORTS)[]} */ (Object.keys(PORTS))) {
    chosen[name] = await choose(
      PORTS[name],
      new Set([reserved, ...Object.values(chosen).filter((port) => port !== PORTS[name])]),
    )
  }
  return chosen
}

/** @param {number} preferred @param {ReadonlySet<number>} used */
async function choose(preferred, used) {
  const free = !used.has(preferred) && (await probe(preferred)) && (await probe(preferred, '127.0.0.1'))
  if (free) return free
  for (;;) {
    const any = await probe(0)
    if (any !== undefined && !used.has(any)) return any
  }
}

/** Default port of Node's debugger, and the first to be tried. */
const DEBUGGER_PORT = 9229

/** A port for the debugger of each process. @param {readonly string[]} names @returns {Promise<Map<string, number>>} */
export async function chooseDebuggerPorts(names) {
  /** @type {Map<string, number>} */
  const chosen = new Map()
  for (const name of names) chosen.set(name, await choose(DEBUGGER_PORT + chosen.size, new Set(chosen.values())))
  return chosen
}
