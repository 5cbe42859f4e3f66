import type { Environment } from './config.js'

/**
 * Where people find the installation (PUBLIC_URL); undefined: not known. Errors: a sentence, when it is no address, or has a path: the client,
 * its service worker and `/ws` are at the root of their host.
 */
export function readPublicUrl(env: Environment): string | undefined {
  const text = env.PUBLIC_URL
  if (!text) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url?.protocol !== 'https:' && url?.protocol !== 'http:') {
    throw new Error(`PUBLIC_URL must be an address such as https://chat.example.org, not "${text}"`)
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new Error(
      `PUBLIC_URL must have no path: Beseda needs a host name of its own, as ${url.origin}, not "${text}"`,
    )
  }
  return text
}
