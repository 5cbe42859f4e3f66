import type { RouteLocationNormalizedLoaded } from 'vue-router'

/** Where to go after signing in: inside this site only. */
export function nextPlace({ query }: RouteLocationNormalizedLoaded): string {
  const next = query.next
  return typeof next === 'string' && next.startsWith('/') && !next.startsWith('//') ? next : '/'
}
