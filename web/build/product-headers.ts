import type { Plugin } from 'vite'

/** Headers of one response, not of the site. */
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
 * Development only: serves the page with the headers of the gateway, including its Content-Security-Policy, so that what production
 * refuses is refused here, too. Vite's client needs no exception: its scripts and its WebSocket are on this host, and the policy
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
