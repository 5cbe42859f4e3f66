import type { HttpRequest, HttpResponse } from 'uWebSockets.js'
import { errorInfo, toConnectError, toWireError } from '@beseda/rpc'
import { codeToHttpStatus, errorToJsonBytes } from '@connectrpc/connect/protocol-connect'

/** A small answer, sent whole. */
export interface Answer {
  readonly status: string
  readonly contentType: string
  readonly body: Uint8Array
  readonly retryAfterMs: number
}

export const bearerToken = (req: HttpRequest): string | undefined =>
  /^Bearer (.+)$/.exec(req.getHeader('authorization'))?.[1]

/** An error in Connect's JSON, with its HTTP status. What is not meant for the caller goes to `onFailure`. */
export function refused(error: unknown, onFailure: (error: unknown) => void): Answer {
  if (errorInfo(error) === undefined) onFailure(error)
  const wire = toWireError(error)
  const refusal = toConnectError(wire)
  const status = String(codeToHttpStatus(refusal.code))
  const body = errorToJsonBytes(refusal, undefined)
  return { status, contentType: 'application/json', body, retryAfterMs: wire.info?.retryAfterMs ?? 0 }
}

export function send(res: HttpResponse, { status, contentType, body, retryAfterMs }: Answer, close = false): void {
  res.cork(() => {
    res.writeStatus(status).writeHeader('Content-Type', contentType).writeHeader('Cache-Control', 'no-store')
    res.writeHeader('X-Content-Type-Options', 'nosniff')
    if (retryAfterMs > 0) res.writeHeader('Retry-After', String(Math.ceil(retryAfterMs / 1000)))
    res.end(body, close)
  })
}
