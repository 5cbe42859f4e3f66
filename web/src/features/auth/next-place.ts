import type { RouteLocationNormalizedLoaded } from 'vue-router'

/** Who has signed out in this window, and where they were. Only in memory: signing out leaves nothing in the browser. */
let leftFrom: { readonly userId: string; readonly path: string } | undefined

/** The person signs out here. */
export function rememberPlace(userId: string, path: string): void {
  leftFrom = { userId, path }
}

/**
 * The path to open after signing in: inside this site only. The page that was asked for, else where this person was when they signed out
 * here; nobody comes to where somebody else was.
 */
export function nextPlace({ query }: Pick<RouteLocationNormalizedLoaded, 'query'>, userId = ''): string {
  const next = query.next
  if (typeof next === 'string' && next.startsWith('/') && !next.startsWith('//')) return next
  return userId !== '' && leftFrom?.userId === userId ? leftFrom.path : '/'
}
