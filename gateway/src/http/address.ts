import type { HttpRequest, HttpResponse } from 'uWebSockets.js'
import { isIPv6 } from 'node:net'

/** Where a request comes from. */
export type AddressOf = (res: HttpResponse, req: HttpRequest) => string

/**
 * The client's address: the socket's own, or, behind `hops` proxies that are trusted, the entry that the first of them
 * has appended to X-Forwarded-For. Entries before it were written by the client and mean nothing.
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
 * Whose limits an address counts against: of IPv6 the /64 that everybody has for themselves (RFC 6177) and can choose a new address from for
 * each request; else the address.
 */
export function networkOf(address: string): string {
  if (!isIPv6(address)) return address
  const [head = '', tail] = address.split('::')
  const [before, after] = [head, tail ?? ''].map((part) => part.split(':').filter((word) => word !== ''))
  const gap = tail === undefined ? 0 : 8 - (before?.length ?? 0) - (after?.length ?? 0)
  const words = [...(before ?? []), ...Array<string>(Math.max(0, gap)).fill('0'), ...(after ?? [])]
  const prefix = words.slice(0, 4).map((word) => Number.parseInt(word, 16))
  // Nobody chooses from these: IPv4 written as IPv6, and this machine.
  if (prefix.every((word) => word === 0)) return address
  return `${prefix.map((word) => word.toString(16)).join(':')}::/64`
}
