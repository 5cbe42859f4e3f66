import { platform } from '../../net/platform.mjs'
import { centrifugo } from './centrifugo.mjs'
import { socketio } from './socketio.mjs'
import { PLAIN, spawned } from './spawned.mjs'

/**
 * A server to be measured: the address and first frames of clients, how to publish to all of them, and
 * the processes whose CPU time counts.
 * @typedef {{ pids: (number | undefined)[], order: Omit<import('../../net/client.mjs').Order, 'count' | 'sources'>, publish(text: string): void | Promise<void>, stop(): Promise<void> }} Running
 * @typedef {{ name: string, isLimit?: boolean, start(subscribers: number): Promise<Running | string> }} Driver `start`: a text says why it cannot run here. `isLimit`: a candidate for what others are compared with
 */

/** @param {string} file @param {Record<string, string>} [env] */
const own = async (file, env) => {
  const { pid, port, publish, stop } = await spawned(file, env)
  return { pids: [pid], order: { ...PLAIN, port }, publish, stop }
}

/** Bare uWebSockets.js that gathers for some time; the best of them under the latency bound is the limit. @param {number} ms @returns {Driver} */
export const limit = (ms) => ({
  name: `bare uWebSockets.js, gathers ${ms} ms`,
  isLimit: true,
  start: () => own('uws.mjs', { GATHER_MS: String(ms) }),
})

/** @type {Driver} */
const ws = { name: 'ws', start: () => own('ws.mjs') }

/**
 * Our gateway, with its platform. "From the stored event" begins before a message is stored, on disk, and includes whatever the bus does with it; "from the bus" begins with
 * the copy that the gateway receives, as the others begin with what they receive. @param {'stored event' | 'bus'} from @param {number} gateways each with its share of the subscribers @returns {Driver}
 */
export const beseda = (from, gateways) => ({
  name: `Beseda, from the ${from}${gateways > 1 ? `, ${gateways} gateways` : ''}`,
  start: async (subscribers) => {
    const running = await platform({ people: subscribers, groupsOf: () => [0], groups: 1, gateways })
    return {
      pids: running.gatewayPids,
      order: running.order,
      publish: (text) => void (from === 'bus' ? running.copy(0, text) : running.say(0, text)),
      stop: running.stop,
    }
  },
})

export const DRIVERS = [
  ...[0, 2, 5, 10].map(limit),
  beseda('bus', 1),
  beseda('stored event', 1),
  socketio,
  ws,
  centrifugo,
]
