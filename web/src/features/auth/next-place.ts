import type { RouteLocationNormalizedLoaded } from 'vue-router'

/** The path to open after signing in: inside this site only. */
export function nextPlace({ query }: RouteLocationNormalizedLoaded): string {
  const next = query.next
  return typeof next === 'string' && next.startsWith('/') && !next.startsWith('//') ? next : '/'
}
