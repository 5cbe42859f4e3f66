import type { Plugin } from 'vite'

/** Headers of one answer, not of the site. */
const OF_THE_FILE = new Set([
  'etag',
  'cache-control',
  'content-type',
  'content-length',
  'content-encoding',
  'date',
  'vary',
  'connection',
  'transfer-encoding',
])

/**
 * Development only: the page has the very headers that the gateway sends with it, its Content-Security-Policy too, so that what the
 * product would refuse is refused here. Vite's client needs nothing more: its scripts and its WebSocket are of this host, and the policy
 * allows styles in the page.
 */
export function productHeaders(gateway: string): Plugin {
  let known: [string, string][] | undefined
  const headers = async () => {
    known ??= [...(await fetch(gateway)).headers].filter(([name]) => !OF_THE_FILE.has(name))
    return known
  }
  return {
    name: 'beseda:product-headers',
    apply: 'serve',
    configureServer(server) {
      server.middlewares.use((_, response, next) => {
        headers().then(
          (all) => {
            for (const [name, value] of all) response.setHeader(name, value)
            next()
          },
          () => next(new Error(`the gateway does not answer at ${gateway}`)),
        )
      })
    },
  }
}
