import type { IceServer } from '@beseda/proto/call/v1/call_service'

/** The paths to a relay, and the one that finds the own address. */
export const WAYS = ['stun', 'turnUdp', 'turnTcp', 'turnTls'] as const
export type Way = (typeof WAYS)[number]

/** Enough for a TLS handshake over a slow connection. */
const PATIENCE_MS = 8_000

/** The path that a server's URL belongs to; undefined: none that a browser supports. */
export function wayOf(url: string): Way | undefined {
  const [scheme] = url.split(':')
  if (scheme === 'stun' || scheme === 'stuns') return 'stun'
  if (scheme === 'turns') return 'turnTls'
  if (scheme !== 'turn') return undefined
  return /[?&]transport=tcp\b/.test(url) ? 'turnTcp' : 'turnUdp'
}

/** The servers of one path only. A TURN server over UDP reports the own address, too. */
export function serversOf(way: Way, servers: readonly IceServer[]): RTCIceServer[] {
  const only = (kind: Way) =>
    servers.flatMap(({ urls, username, credential }) => {
      const fitting = urls.filter((url) => wayOf(url) === kind)
      return fitting.length > 0 ? [{ urls: fitting, username, credential }] : []
    })
  const found = only(way)
  return way === 'stun' && found.length === 0 ? only('turnUdp') : found
}

/**
 * Milliseconds until the first candidate of this path; undefined: there was none. Only the browser and the server take part: there
 * is no other peer.
 */
export async function tryWay(way: Way, servers: RTCIceServer[]): Promise<number | undefined> {
  const connection = new RTCPeerConnection({
    iceServers: servers,
    iceTransportPolicy: way === 'stun' ? 'all' : 'relay',
  })
  const began = performance.now()
  try {
    const found = new Promise<number | undefined>((resolve) => {
      let refused = false
      connection.onicecandidateerror = () => {
        refused = true
      }
      connection.onicecandidate = ({ candidate }) => {
        // Without NAT the reflexive address equals the host's own, and no other candidate arrives.
        if (candidate === null) resolve(way === 'stun' && !refused ? performance.now() - began : undefined)
        else if (candidate.type === (way === 'stun' ? 'srflx' : 'relay')) resolve(performance.now() - began)
      }
      setTimeout(() => resolve(undefined), PATIENCE_MS)
    })
    connection.createDataChannel('test')
    await connection.setLocalDescription(await connection.createOffer())
    return await found
  } finally {
    connection.close()
  }
}
