import { connect } from 'node:net'

/** Checks whether a server answers; false means "not yet". */
/** @typedef {() => Promise<boolean>} Probe */

const PATIENCE_MS = 2000

/** A server that greets, or answers `question`, with a text that begins with `greeting`. @param {number} port @param {string} greeting @param {string} [question] @returns {Probe} */
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

/** NATS sends its INFO on accepting a connection (https://docs.nats.io/reference/reference-protocols/nats-protocol). */
export const natsSpeaks = (/** @type {number} */ port) => speaks(port, 'INFO ')

/** Redis answers `-LOADING` while it loads its data. */
export const redisSpeaks = (/** @type {number} */ port) => speaks(port, '+PONG', 'PING\r\n')

/** The health endpoint of a process reports ready. @param {number} port @returns {Probe} */
export const isReady = (port) => async () => {
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(PATIENCE_MS) })
  return response.status === 200
}
