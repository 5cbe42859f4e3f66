import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js'
import { type Method, sendFile, wantedOf } from './site.js'
import { type StaticFile, staticFile } from './static-files.js'

/** `GET` and `HEAD` of `/api/openapi.json`: the HTTP API as an OpenAPI 3.1 document, made from the contract when it was built (ADR 123). */
export function serveOpenApi(app: TemplatedApp, onFailure: (error: unknown) => void): void {
  let made: Promise<StaticFile> | undefined
  const serve = (method: Method) => (res: HttpResponse, req: HttpRequest) => {
    const wanted = wantedOf(req)
    let aborted = false
    res.onAborted(() => {
      aborted = true
    })
    made ??= documentFile()
    made.then((file) => {
      if (!aborted) res.cork(() => sendFile(res, wanted, file, method, '200 OK'))
    }, onFailure)
  }
  app.get('/api/openapi.json', serve('get'))
  app.head('/api/openapi.json', serve('head'))
}

/** Loaded when somebody first asks: most gateways are never asked, and keep half a megabyte less. */
async function documentFile(): Promise<StaticFile> {
  const { OPENAPI } = await import('@beseda/proto/openapi')
  return staticFile('application/json', Buffer.from(OPENAPI), 'no-cache')
}
