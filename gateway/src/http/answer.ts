import type { HttpRequest, HttpResponse } from 'uWebSockets.js'
import { Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import type { Scope } from '@beseda/proto/common/v1/policy'
import { errorInfo, toConnectError, toWireError } from '@beseda/rpc'
import { codeToHttpStatus, errorToJsonBytes } from '@connectrpc/connect/protocol-connect'
import { requireScope } from '../auth/actor.js'
import type { HttpPorts } from './ports.js'

/** A small response, sent at once. */
export interface Answer {
  readonly status: string
  readonly contentType: string
  readonly body: Uint8Array
  readonly retryAfterMs: number
}

/** Errors: UNAUTHENTICATED, SCOPE_MISSING, RATE_LIMITED. */
export async function signedInUser(
  signIn: HttpPorts['signIn'],
  token: string | undefined,
  address: string,
  scope: Scope,
): Promise<string> {
  if (token === undefined) throw new Refusal(ErrorReason.UNAUTHENTICATED)
  const actor = await signIn.actor(token, address)
  requireScope(scope, actor)
  return actor.userId
}

export const bearerToken = (req: HttpRequest): string | undefined =>
  /^Bearer (.+)$/.exec(req.getHeader('authorization'))?.[1]

/** An error in Connect's JSON, with its HTTP status. An error that is not a refusal goes to `onFailure` as well. */
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
