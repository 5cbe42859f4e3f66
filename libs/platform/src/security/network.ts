import { isIPv6 } from 'node:net'

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
