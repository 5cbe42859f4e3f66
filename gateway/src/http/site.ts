import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js'
import { readStaticFiles, type StaticFile } from './static-files.js'

/**
 * Nothing from elsewhere but the media of large calls, no inline script, no frame around the page. `blob:` and `data:` are pictures and sounds of the client itself.
 * `sfuUrls`: the client asks a node over HTTP why it refuses its WebSocket. Origins: a path in a policy means no path below it.
 */
export const contentSecurityPolicy = (sfuUrls: readonly string[]): string =>
  [
    "default-src 'none'",
    // Compiling WebAssembly is no eval of scripts. Without it the suppressors of calls would give silence, without an error.
    "script-src 'self' 'wasm-unsafe-eval'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' blob: data:",
    "media-src 'self' blob:",
    "font-src 'self'",
    // Includes the WebSocket of this host: `'self'` matches ws: and wss: as well (CSP 3, section 6.7.2.8). `blob:` lets the page read the bytes
    // of a picture that it already has.
    ["connect-src 'self' blob:", ...new Set(sfuUrls.flatMap(originsOf))].join(' '),
    "worker-src 'self' blob:",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ')

function originsOf(url: string): string[] {
  const { origin } = new URL(url)
  return [origin, origin.replace(/^ws/, 'http')]
}

/**
 * First segments of the client's own paths (web/src/router.ts; site.spec.ts compares). Under any other path index.html is sent with 404: a
 * person still gets the client, and a monitor that asks for a path that is not here, such as /health/ready, learns it.
 */
export const CLIENT_PATHS: ReadonlySet<string> = new Set([
  '',
  'admin',
  'c',
  'confirm-email',
  'dev',
  'forgot-password',
  'g',
  'invite',
  'register',
  'reset',
  'self-test',
  'share',
  'sign-in',
  'unsubscribe',
])
/** Never paths of the client: the gateway's own, and those of the operators' port (HEALTH_PORT). */
const SERVER_PATHS: ReadonlySet<string> = new Set(['api', 'calendar', 'health', 'hooks', 'metrics', 'telemetry', 'ws'])

export type Method = 'get' | 'head'

/** The web client: its files, and index.html for the paths inside the client. HEAD is answered like GET, without the body. */
export function serveSite(app: TemplatedApp, folder: string | undefined, sfuUrls: readonly string[]): void {
  const policy = contentSecurityPolicy(sfuUrls)
  const files = folder ? readStaticFiles(folder) : new Map<string, StaticFile>()
  const index = files.get('/index.html')
  const serve = (method: Method) => (res: HttpResponse, req: HttpRequest) => {
    const path = req.getUrl()
    const segment = path.split('/')[1] ?? ''
    const file = files.get(path)
    if (file) sendFile(res, wantedOf(req), file, method, '200 OK', policy)
    // A path that names a file is no path inside the client.
    else if (!index || SERVER_PATHS.has(segment) || /\.[a-z0-9]+$/.test(path)) notFound(res, method)
    else sendFile(res, wantedOf(req), index, method, CLIENT_PATHS.has(segment) ? '200 OK' : '404 Not Found', policy)
  }
  app.get('/*', serve('get'))
  app.head('/*', serve('head'))
}

function notFound(res: HttpResponse, method: Method): void {
  res.writeStatus('404 Not Found')
  if (method === 'head') res.endWithoutBody(NOT_FOUND.length)
  else res.end(NOT_FOUND)
}

const NOT_FOUND = 'not found\n'

/** What a request asks of a file, read before anything is awaited: afterwards the request is gone. */
export interface Wanted {
  readonly known: string
  readonly takesBrotli: boolean
}

export const wantedOf = (req: HttpRequest): Wanted => ({
  known: req.getHeader('if-none-match'),
  takesBrotli: req.getHeader('accept-encoding').includes('br'),
})

export function sendFile(
  res: HttpResponse,
  wanted: Wanted,
  file: StaticFile,
  method: Method,
  status: string,
  policy?: string,
): void {
  const isFresh = status === '200 OK' && wanted.known === file.etag
  const brotli = wanted.takesBrotli ? file.brotli : undefined
  res.writeStatus(isFresh ? '304 Not Modified' : status)
  res
    .writeHeader('ETag', file.etag)
    .writeHeader('Cache-Control', file.cacheControl)
    .writeHeader('Vary', 'Accept-Encoding')
    .writeHeader('Cross-Origin-Resource-Policy', 'same-origin')
  res.writeHeader('Content-Type', file.contentType)
  res.writeHeader('X-Content-Type-Options', 'nosniff').writeHeader('Referrer-Policy', 'no-referrer')
  res.writeHeader('Permissions-Policy', 'camera=(self), microphone=(self), display-capture=(self), geolocation=()')
  if (policy !== undefined && file.contentType.startsWith('text/html')) {
    res.writeHeader('Content-Security-Policy', policy)
    // A page that opened this one, or is opened by it, gets no hold of its window.
    res.writeHeader('Cross-Origin-Opener-Policy', 'same-origin')
  }
  if (isFresh) {
    res.end('')
    return
  }
  const body = brotli ?? file.body
  if (brotli) res.writeHeader('Content-Encoding', 'br')
  if (method === 'head') res.endWithoutBody(body.length)
  else res.end(body)
}
