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

/** NATS does not write to a stream again after a failed write, or to any stream, until it is restarted. @param {string} error of its health */
export const cannotWrite = (error) => /write error|no space|disabled|not enabled/i.test(error)

/**
 * NATS has failed to write, and there is room again. Undefined: all is well, or its disk is still full.
 * @param {number} port of its monitor @param {() => Promise<boolean>} hasRoom
 */
export const natsRefusesToWrite = (port, hasRoom) => async () => {
  const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(PATIENCE_MS) })
  if (response.ok) return undefined
  const { error = '' } = /** @type {{ error?: string }} */ (await response.json())
  return cannotWrite(error) && (await hasRoom()) ? 'could not write to its disk, which has room again' : undefined
}

/** Redis answers `-LOADING` while it loads its data. */
export const redisSpeaks = (/** @type {number} */ port) => speaks(port, '+PONG', 'PING\r\n')

/** Something at this address answers that it is well. @param {string} url @returns {Probe} */
export const isHttpOk = (url) => async () => (await fetch(url, { signal: AbortSignal.timeout(PATIENCE_MS) })).ok

/** The health endpoint of a process reports ready. @param {number} port @returns {Probe} */
export const isReady = (port) => async () => {
  const response = await fetch(`http://127.0.0.1:${port}/health/ready`, { signal: AbortSignal.timeout(PATIENCE_MS) })
  return response.status === 200
}
