import { connect } from 'node:net'
import { clientFrame, FrameReader, upgradeRequest } from './frames.mjs'

/** Sockets that a process opens at once, unless the order says otherwise. */
const OPENING = 200
const PING_MS = 20_000
/** A rejected client tries again after about this time. */
const AGAIN_MS = 1_000
/** One buffer for all sockets of the process: kept data is copied. */
const shared = Buffer.allocUnsafe(256 * 1024)

/**
 * What to open. `greetings`: sent after the upgrade, in base64, one for each client or one for all. `liveWhen`: the client is live when a
 * frame with these bytes (latin1) has arrived; empty: when it is open. `many`: a frame may carry several messages. `ping` is sent
 * every 20 s. `onClose` receives the close code. `again`: a rejected client tries again after a moment, as real clients do. `ports`: of several servers, in
 * turn, instead of `port`. `oneIn`: one client in this many reads at once, the others every two seconds. `lookOnly`: clients are
 * not woken by data, they poll every millisecond.
 * @typedef {{ host: string, port: number, ports?: number[], oneIn?: number, lookOnly?: boolean, path: string, protocol?: string, count: number, sources: number, opcode: number,
 *   greetings: string[], liveWhen: string, many?: boolean, firstSource?: number, opening?: number, ping?: string, again?: boolean, onClose?: (code: number) => void }} Order
 * @typedef {{ index: number, socket: import('node:net').Socket, send(payload: Uint8Array): void }} Client
 * @typedef {(client: Client, payload: Buffer) => void} OnFrame
 */

/** Opens one client; resolves when it is live. @param {Order} order @param {number} index @param {OnFrame} onFrame @returns {Promise<Client>} */
export function openClient(order, index, onFrame) {
  return new Promise((resolve, reject) => {
    const { host, path, protocol, greetings, liveWhen, opcode } = order
    const port = order.ports?.[index % order.ports.length] ?? order.port
    const greeting = greetings[index % greetings.length]
    const localAddress = `127.0.0.${2 + (((order.firstSource ?? 0) + index) % order.sources)}`
    const reader = new FrameReader()
    let upgraded = false
    let live = false
    const whole = (/** @type {number} */ kind, /** @type {Buffer} */ payload) => {
      if (kind === 8) order.onClose?.(payload.readUInt16BE(0))
      if (kind !== 1 && kind !== 2) return
      if (!live && payload.includes(liveWhen, 0, 'latin1')) {
        live = true
        resolve(client)
      }
      onFrame(client, payload)
    }
    const take = (/** @type {Buffer} */ chunk) => {
      if (upgraded) {
        reader.read(chunk, whole)
        return
      }
      const end = chunk.indexOf('\r\n\r\n')
      if (end < 0 || chunk.toString('latin1', 0, 12) !== 'HTTP/1.1 101') {
        reject(new Error(`not upgraded: ${chunk.toString('latin1', 0, 80)}`))
        return
      }
      upgraded = true
      if (greeting) client.send(Buffer.from(greeting, 'base64'))
      if (liveWhen === '') {
        live = true
        resolve(client)
      }
      if (chunk.length > end + 4) reader.read(chunk.subarray(end + 4), whole)
    }
    const callback = (/** @type {number} */ length) => {
      take(shared.subarray(0, length))
      return true
    }
    const socket = connect({ host, port, localAddress, noDelay: true, onread: { buffer: shared, callback } })
    /** @type {Client} */
    const client = { index, socket, send: (payload) => void socket.write(clientFrame(payload, opcode)) }
    socket.once('connect', () => socket.write(upgradeRequest(`${host}:${port}`, path, protocol)))
    socket.once('error', reject)
    socket.on('close', () => reject(new Error('closed before it was live')))
  })
}

/** @param {Order} order @param {number} index @param {OnFrame} onFrame @returns {Promise<Client>} */
async function openSurely(order, index, onFrame) {
  for (;;) {
    try {
      return await openClient(order, index, onFrame)
    } catch (error) {
      if (!order.again) throw error
      turnedAway++
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS * (0.5 + Math.random())))
    }
  }
}

/** Number of repeated attempts in this process. */
let turnedAway = 0
export const comebacks = () => turnedAway

/** Opens many clients, as the order says. @param {Order} order @param {OnFrame} onFrame */
export async function openClients(order, onFrame) {
  /** @type {Client[]} */
  const clients = []
  let next = 0
  const lane = async () => {
    while (next < order.count) clients.push(await openSurely(order, next++, onFrame))
  }
  const ping = order.ping === undefined ? undefined : Buffer.from(order.ping, 'base64')
  // A tenth of them every 2 s, so that pings do not come in one burst.
  let turn = 0
  const pings = setInterval(() => {
    turn++
    if (ping)
      for (const client of clients) if (client.index % 10 === turn % 10 && !client.socket.destroyed) client.send(ping)
  }, PING_MS / 10)
  pings.unref()
  await Promise.all(Array.from({ length: Math.min(order.opening ?? OPENING, order.count) }, lane))
  return clients
}

/** Answers requests of the parent, one after another. @param {Record<string, (order: any) => unknown>} answers */
export function answerParent(answers) {
  process.on('message', async (/** @type {{ ask: string, order: unknown }} */ { ask, order }) => {
    try {
      process.send?.({ answer: await answers[ask]?.(order) })
    } catch (error) {
      process.send?.({ error: String(error) })
    }
  })
  process.on('disconnect', () => process.exit(0))
}
