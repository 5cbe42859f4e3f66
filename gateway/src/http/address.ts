import type { HttpRequest, HttpResponse } from 'uWebSockets.js'
import { isIPv6 } from 'node:net'

/** The client's address of a request; to be called before any await. */
export type AddressOf = (res: HttpResponse, req: HttpRequest) => string

/** `hops`: trusted proxies in front of the gateway. */
export const addressReader =
  (hops: number): AddressOf =>
  (res, req) => {
    const socketAddress = Buffer.from(res.getRemoteAddressAsText()).toString()
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
  return entries.at(-hops) ?? entries[0] ?? socketAddress
}

/**
 * The network that limits of an address are counted for. IPv6: its /64, which one household has for itself (RFC 6177) and can take a new
 * address from for each request. IPv4: the address.
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter((word) => word !== ''))
  const gap = tail === undefined ? 0 : 8 - (before?.length ?? 0) - (after?.length ?? 0)
  const words = [...(before ?? []), ...Array<string>(Math.max(0, gap)).fill('0'), ...(after ?? [])]
  const prefix = words.slice(0, 4).map((word) => Number.parseInt(word, 16))
  // No household owns these: IPv4 written as IPv6, and loopback.
  if (prefix.every((word) => word === 0)) return address
  return `${prefix.map((word) => word.toString(16)).join(':')}::/64`
}
