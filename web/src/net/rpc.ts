import { Code, ConnectError, type Transport } from '@connectrpc/connect'
import { httpTransport } from './http.js'
import type { GatewayLink } from './link/gateway-link.js'
import { accessToken } from './session.js'
import type { Tracer } from './tracing.js'

/** A transport that can carry calls instead of HTTP. */
export interface Carrier {
  /** Whether it can carry them now. */
  readonly carries: boolean
  readonly call: GatewayLink['call']
  /** Set where the server asks for traces. */
  readonly tracer: Tracer | undefined
}

let carrier: Carrier | undefined
const http = httpTransport(accessToken)

/** The transport of calls: the socket while this window has a live one, else HTTP, which is all that signing in needs. */
export const rpc: Transport = {
  unary: (method, signal, timeoutMs, header, input, context) => {
    const cause = new Headers(header).get('traceparent')
    const span = carrier?.tracer?.request(`${method.parent.typeName}/${method.name}`, cause)
    const traced = span ? { traceparent: span.traceparent } : {}
    const answer = carrier?.carries
      ? carrier.call(method, input, span?.traceparent)
      : http.unary(method, signal, timeoutMs, traced, input, context)
    return span ? answer.finally(() => span.end()) : answer
  },
  stream: () => Promise.reject(new ConnectError('unary only', Code.Unimplemented)),
}

export function carryBy(connection: Carrier): void {
  carrier = connection
}
