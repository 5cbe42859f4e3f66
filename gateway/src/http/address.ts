import type { HttpRequest, HttpResponse } from 'uWebSockets.js'

/** The client's address of a request; to be called before any await. */
export type AddressOf = (res: HttpResponse, req: HttpRequest) => string

/** `hops`: trusted proxies in front of the gateway. */
export const addressReader =
  (hops: number): AddressOf =>
  (res, req) => {
    const socketAddress = plainAddress(Buffer.from(res.getRemoteAddressAsText()).toString())
    return hops === 0 ? socketAddress : clientAddress(socketAddress, forwardedFor(req), hops)
  }

/**
 * X-Forwarded-For, all lines of it in their order: HAProxy adds a line of its own after the client's, and lines of one name are one list
 * (RFC 9110, section 5.3). The first line alone would be what the client wrote.
 */
function forwardedFor(req: Pick<HttpRequest, 'forEach'>): string {
  const lines: string[] = []
  req.forEach((name, value) => {
    if (name === 'x-forwarded-for') lines.push(value)
  })
  return lines.join(',')
}

/**
 * The socket's own address, or, behind `hops` trusted proxies, the entry of X-Forwarded-For that the outermost of them appended.
 * Entries before it were written by the client and mean nothing.
 */
export function clientAddress(socketAddress: string, forwardedFor: string, hops: number): string {
  if (hops === 0) return socketAddress
  const entries = forwardedFor
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '')
  return plainAddress(entries.at(-hops) ?? entries[0] ?? socketAddress)
}

/** An IPv4 address as a socket for both families has it (RFC 4291, section 2.5.5.2), in every way of writing it. */
const MAPPED = /^(?:0{0,4}:)+ffff:(?:(\d+\.\d+\.\d+\.\d+)|([0-9a-f]{1,4}):([0-9a-f]{1,4}))$/i

/**
 * One address has one text, whichever way it came: some proxies write brackets and the port of the client (`[2001:db8::1]:4711`,
 * `192.0.2.7:4711`), with which every connection would count as a client of its own, and a socket that listens for both families says
 * `::ffff:192.0.2.7` of who comes by IPv4.
 */
export function plainAddress(text: string): string {
  const [, bracketed, v4] = /^\[([^\]]*)\](?::\d+)?$|^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(text) ?? []
  const [address = ''] = (bracketed ?? v4 ?? text).split('%')
  const [, dotted, high, low] = MAPPED.exec(address) ?? []
  if (dotted !== undefined) return dotted
  if (high === undefined || low === undefined) return address
  return [high, low].flatMap((word) => [Number.parseInt(word, 16) >> 8, Number.parseInt(word, 16) & 255]).join('.')
}
