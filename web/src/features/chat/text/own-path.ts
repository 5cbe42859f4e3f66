/** The path of an address that this client itself shows; undefined: another page, or a file of the server. */
export function ownPath(href: string): string | undefined {
  if (!URL.canParse(href)) return undefined
  const { origin, pathname, search, hash } = new URL(href)
  return origin === location.origin && !pathname.startsWith('/api/') ? pathname + search + hash : undefined
}
