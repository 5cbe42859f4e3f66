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
