import { readFile, writeFile } from 'node:fs/promises'
import { localUrl, publicUrl } from './plan.mjs'
import { isHttpOk } from './probes.mjs'

/** Name of the key that the call service and the SFU share. */
const KEY = 'beseda'

/** Addresses and ports of a node. */
/** @typedef {{ host: string, port: number, tcpPort: number, udpPort: number }} SfuPlace */

/**
 * The configuration of one node by itself. It makes no rooms of its own accord: the call service does. It forwards over one UDP port, and over TCP where
 * a network lets nothing else through.
 * @param {SfuPlace} place @param {string} secret
 */
export const sfuConfig = ({ host, port, tcpPort, udpPort }, secret) =>
  JSON.stringify({
    port,
    bind_addresses: [host],
    rtc: {
      udp_port: udpPort,
      tcp_port: tcpPort,
      use_external_ip: false,
      // For whoever sits at this machine.
      enable_loopback_candidate: true,
    },
    room: { auto_create: false },
    keys: { [KEY]: secret },
    logging: { level: 'info', json: true },
  })

/**
 * Writes the configuration, with the secret in it, for its owner alone, and says how the node is run.
 * @param {string} command @param {{ secret: string, config: string }} data @param {SfuPlace} place @param {string} [name]
 * @returns {Promise<import('./plan.mjs').Plan>}
 */
export async function planSfu(command, data, place, name = 'sfu') {
  const secret = (await readFile(data.secret, 'utf8')).trim()
  await writeFile(data.config, sfuConfig(place, secret), { mode: 0o600 })
  return { name, command, args: ['--config', data.config], env: {}, ready: isHttpOk(`${insideUrl(place)}/`) }
}

/** What SFU_NODES says of a node on this machine. @param {SfuPlace} place */
export const sfuNode = (place) => `${localUrl(place).replace(/^http/, 'ws')}=${insideUrl(place)}`

/** @param {SfuPlace} place */
const insideUrl = (place) => localUrl(place).replace('//localhost', '//127.0.0.1')

/**
 * The node for this installation: where a server is found, and nobody has said otherwise. A page over HTTPS connects to no node without a
 * certificate: there the operator names nodes (SFU_NODES).
 * @param {Omit<import('./plan.mjs').Place, 'sfu'>} place @param {string | undefined} command of the server
 */
export async function sfuOf(place, command) {
  if (command === undefined || process.env.SFU_NODES || !publicUrl(place).startsWith('http:')) return undefined
  const { sfu: port, sfuTcp: tcpPort, sfuUdp: udpPort } = place.ports
  const at = { host: place.web.host, port, tcpPort, udpPort }
  return { node: sfuNode(at), plan: await planSfu(command, place.data.sfu, at) }
}

/** What a start says where there is no server for large calls. */
export const NO_SFU =
  'Calls hold up to 10 people. `npm run sfu` adds the server for larger ones: it needs the Go module proxy, and some 8 minutes of one processor.'
