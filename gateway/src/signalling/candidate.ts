import { isIP } from 'node:net'

/** Characters of a candidate. Chromium's longest, over IPv6 with all extensions, has some 200. */
const MAX_LENGTH = 512
const CANDIDATE =
  /^(?:a=)?candidate:([\w+/]{1,32}) ([12]) (udp|tcp) (\d{1,10}) (\S{1,64}) (\d{1,5}) typ (host|srflx|prflx|relay)((?: [a-z-]{1,24} \S{1,256}){0,10}) ?$/i
/** Extensions that are forwarded (RFC 6544 and those of Chromium). The base address of a reflexive candidate is not. */
const EXTENSIONS: Readonly<Record<string, RegExp>> = {
  tcptype: /^(active|passive|so)$/,
  generation: /^\d{1,5}$/,
  ufrag: /^[\w+/]{4,256}$/,
  'network-id': /^\d{1,5}$/,
  'network-cost': /^\d{1,5}$/,
}
/** A host name that only the local network resolves, in place of an address (draft-ietf-mmusic-mdns-ice-candidates). */
const MDNS = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.local$/i
/** Addresses that no peer can have: this network, multicast, broadcast. */
const NO_PEER = /^(0\.|22[4-9]\.|23\d\.|255\.|::$|ff)/i

export interface Candidate {
  /** As it is forwarded. */
  readonly text: string
  /** Contains the address of a relay only, and none of the sender's network. */
  readonly isRelay: boolean
}

/**
 * A candidate (RFC 8839 5.1) rebuilt from its known parts. Undefined: not a candidate. The related address (`raddr`) serves diagnosis only
 * and would reveal the sender's address, so it is blanked.
 */
export function rebuildCandidate(given: string): Candidate | undefined {
  const parts = given.length <= MAX_LENGTH ? CANDIDATE.exec(given) : null
  if (!parts) return undefined
  const [, foundation, component, transport, priority, address = '', port, kind = '', rest = ''] = parts
  if (!isAddress(address) || Number(priority) > 0xffffffff || Number(port) > 0xffff) return undefined
  const type = kind.toLowerCase()
  const base = type === 'host' ? '' : ` raddr ${isIP(address) === 6 ? '::' : '0.0.0.0'} rport 0`
  const text = `candidate:${foundation} ${component} ${transport} ${priority} ${address} ${port} typ ${type}${base}`
  return { text: text + extensionsOf(rest), isRelay: type === 'relay' }
}

const isAddress = (address: string): boolean =>
  MDNS.test(address) || (isIP(address) !== 0 && !address.includes('%') && !NO_PEER.test(address))

function extensionsOf(rest: string): string {
  const words = rest.split(' ').slice(1)
  let text = ''
  for (const [name, pattern] of Object.entries(EXTENSIONS)) {
    const at = words.findIndex((word, i) => i % 2 === 0 && word === name)
    const value = at < 0 ? undefined : words[at + 1]
    if (value !== undefined && pattern.test(value)) text += ` ${name} ${value}`
  }
  return text
}
