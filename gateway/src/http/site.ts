import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js'
import { readStaticFiles, type StaticFile } from './static-files.js'

/** Nothing from elsewhere, no inline script, nobody's frame. `blob:` and `data:` are pictures and sounds of the client itself. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' blob: data:",
  "media-src 'self' blob:",
  "font-src 'self'",
  // Also the socket of this host: `'self'` is ws: and wss:, too (CSP 3, section 6.7.2.8).
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ')

/** The web client. A path without a file is a place inside the client, which index.html finds. */
export function serveSite(app: TemplatedApp, folder: string | undefined): void {
  const files = folder ? readStaticFiles(folder) : new Map<string, StaticFile>()
  const index = files.get('/index.html')
  app.get('/*', (res, req) => {
    const path = req.getUrl()
    const file = files.get(path) ?? (/\.[a-z0-9]+$/.test(path) ? undefined : index)
    if (!file) res.writeStatus('404 Not Found').end('not found\n')
    else sendFile(res, req, file)
  })
}

function sendFile(res: HttpResponse, req: HttpRequest, file: StaticFile): void {
  const fresh = req.getHeader('if-none-match') === file.etag
  const brotli = req.getHeader('accept-encoding').includes('br') ? file.brotli : undefined
  res.writeStatus(fresh ? '304 Not Modified' : '200 OK')
  res
    .writeHeader('ETag', file.etag)
    .writeHeader('Cache-Control', file.cacheControl)
    .writeHeader('Vary', 'Accept-Encoding')
    .writeHeader('Cross-Origin-Resource-Policy', 'same-origin')
  res.writeHeader('Content-Type', file.contentType)
  res.writeHeader('X-Content-Type-Options', 'nosniff').writeHeader('Referrer-Policy', 'no-referrer')
  res.writeHeader('Permissions-Policy', 'camera=(self), microphone=(self), display-capture=(self), geolocation=()')
  if (file.contentType.startsWith('text/html')) {
    res.writeHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY)
    // A page that opened this one, or is opened by it, gets no hold of its window.
    res.writeHeader('Cross-Origin-Opener-Policy', 'same-origin')
  }
  if (brotli && !fresh) res.writeHeader('Content-Encoding', 'br')
  res.end(fresh ? '' : (brotli ?? file.body))
}
