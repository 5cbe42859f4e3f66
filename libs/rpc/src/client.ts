import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Transport } from '@connectrpc/connect'
import { Code, ConnectError } from '@connectrpc/connect'
import type { NatsConnection } from '@nats-io/nats-core'
import { HEADERS } from './headers.js'
import { relay } from './relay.js'
import { clientSpan, traceHeaders } from './tracing.js'

export interface NatsTransportOptions {
  readonly partitionCount: number
  /** Default deadline of a call, ms. */
  readonly timeoutMs?: number
}

/** Connect's `Transport` over NATS request/reply: `createClient(GroupService, natsTransport(nc, …))`. */
export function natsTransport(
  nc: NatsConnection,
  { partitionCount, timeoutMs = 10_000 }: NatsTransportOptions,
): Transport {
  return {
    async unary(method, _signal, callTimeoutMs, header, input) {
      const payload = toBinary(method.input, create(method.input, input))
      const answer = await clientSpan(method, () =>
        relay(nc, {
          method,
          payload,
          contentType: 'application/proto',
          partitionCount,
          timeoutMs: callTimeoutMs ?? timeoutMs,
          headers: { ...traceHeaders(), ...actorHeaders(new Headers(header)) },
        }),
      )
      return {
        stream: false,
        service: method.parent,
        method,
        header: new Headers(),
        trailer: new Headers(),
        message: fromBinary(method.output, answer),
      }
    },
    stream: () => Promise.reject(new ConnectError('streams do not travel over NATS request/reply', Code.Unimplemented)),
  }
}

/** NATS headers are case-sensitive, `Headers` are lower case: only the known ones travel, in their own spelling. */
const actorHeaders = (header: Headers): Record<string, string> =>
  Object.fromEntries(
    Object.values(HEADERS).flatMap((name) => (header.has(name) ? [[name, header.get(name) ?? '']] : [])),
  )
