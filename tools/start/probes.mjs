import { connect } from 'node:net'

/** Asks whether something answers; false means "not yet". */
/** @typedef {() => Promise<boolean>} Probe */

const PATIENCE_MS = 2000

/** A server that greets, or answers `question`, with a text that begins so. @param {number} port @param {string} greeting @param {string} [question] @returns {Probe} */
const speaks =
  (port, greeting, question = '') =>
  () =>
    new Promise((resolve) => {
      const socket = connect({ port, host: '127.0.0.1', timeout: PATIENCE_MS })
      const answer = (/** @type {boolean} */ good) => {
        socket.destroy()
        resolve(good)
      }
      socket.once('connect', () => socket.write(question))
      socket.once('data', (chunk) => answer(chunk.toString().startsWith(greeting)))
      socket.once('error', () => answer(false))
      socket.once('timeout', () => answer(false))
    })

/** NATS sends its INFO as soon as it accepts (https://docs.nats.io/reference/reference-protocols/nats-protocol). */
export const natsSpeaks = (/** @type {number} */ port) => speaks(port, 'INFO ')

/** While it loads its data Redis answers `-LOADING`. */
export const redisSpeaks = (/** @type {number} */ port) => speaks(port, '+PONG', 'PING\r\n')

/** The health server of a process says that it is ready. @param {number} port @returns {Probe} */
export const isReady = (port) => async () => {
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(PATIENCE_MS) })
  return response.status === 200
}
