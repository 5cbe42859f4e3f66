import type { HttpResponse, TemplatedApp } from 'uWebSockets.js'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { ContentType } from '@beseda/rpc'
import { MAX_FRAME_BYTES } from '@beseda/rules'
import { type Answer, bearerToken, refused, send } from './answer.js'
import { readBody } from './body.js'
import type { HttpPorts } from './ports.js'

type ApiPorts = Pick<HttpPorts, 'addressOf' | 'signIn' | 'requests' | 'onFailure'>

/** `POST /api/<package>.<Service>/<Method>`: Connect unary (https://connectrpc.com/docs/protocol), JSON or binary. */
export function serveApi(app: TemplatedApp, ports: ApiPorts): void {
  app.post('/api/:service/:method', (res, req) => {
    const request = {
      service: req.getParameter(0) ?? '',
      method: req.getParameter(1) ?? '',
      contentType: req.getHeader('content-type').split(';')[0]?.trim() ?? '',
      token: bearerToken(req),
      traceparent: req.getHeader('traceparent'),
      address: ports.addressOf(res, req),
    }
    let aborted = false
    res.onAborted(() => {
      aborted = true
    })
    answer(ports, res, request).then((found) => {
      if (!aborted) send(res, found)
    }, ports.onFailure)
  })
  app.any('/api/*', (res) => {
    res.writeStatus('404 Not Found').end('POST /api/<package>.<Service>/<Method>\n')
  })
}

interface ApiRequest {
  readonly service: string
  readonly method: string
  readonly contentType: string
  readonly token: string | undefined
  readonly traceparent: string
  readonly address: string
}

const isContentType = (text: string): text is ContentType => text === 'application/json' || text === 'application/proto'

async function answer(ports: ApiPorts, res: HttpResponse, request: ApiRequest): Promise<Answer> {
  try {
    const payload = await readBody(res, MAX_FRAME_BYTES)
    const { contentType, token } = request
    if (!isContentType(contentType)) {
      const body = new TextEncoder().encode('application/json or application/proto\n')
      return { status: '415 Unsupported Media Type', contentType: 'text/plain', body, retryAfterMs: 0 }
    }
    if (!payload) throw new Refusal(ErrorReason.TOO_LARGE, { limit: String(MAX_FRAME_BYTES) })
    const actor = token === undefined ? undefined : await ports.signIn.actor(token, request.address)
    const body = await ports.requests.call({ ...request, contentType, payload, actor })
    return { status: '200 OK', contentType, body, retryAfterMs: 0 }
  } catch (error) {
    return refused(error, ports.onFailure)
  }
}
