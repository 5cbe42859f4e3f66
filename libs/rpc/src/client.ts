import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { Transport } from '@connectrpc/connect'
import { Code, ConnectError } from '@connectrpc/connect'
import type { NatsConnection } from '@nats-io/nats-core'
import { HEADERS } from './headers.js'
import { relay } from './relay.js'
import { clientSpan, traceHeaders } from './tracing.js'

export interface NatsTransportOptions {
  readonly partitionCount: number
  /** Time limit of a call without one of its own, ms. */
  readonly timeoutMs?: number
}

/** Connect's `Transport` over NATS request/reply, as for `createClient(GroupService, natsTransport(nc, …))`. Errors: those of `relay`; the reason of
 * the call's signal when it aborts. */
export function natsTransport(
  nc: NatsConnection,
  { partitionCount, timeoutMs = 10_000 }: NatsTransportOptions,
): Transport {
  return {
    async unary(method, signal, callTimeoutMs, header, input) {
      const payload = toBinary(method.input, create(method.input, input))
      const send = () =>
        relay(nc, {
          method,
          payload,
          contentType: 'application/proto',
          partitionCount,
          timeoutMs: callTimeoutMs ?? timeoutMs,
          headers: { ...traceHeaders(), ...actorHeaders(new Headers(header)) },
          signal,
        })
      const answer = await clientSpan(method, () => untilAborted(send, signal))
      return {
        stream: false,
        service: method.parent,
        method,
        header: new Headers(),
        trailer: new Headers(),
        message: fromBinary(method.output, answer),
      }
    },
    stream: () =>
      Promise.reject(new ConnectError('streaming is not supported over NATS request/reply', Code.Unimplemented)),
  }
}

/** Rejects with the signal's reason as soon as it aborts; what is sent cannot be called back. */
async function untilAborted<T>(start: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return start()
  signal.throwIfAborted()
  const aborted = Promise.withResolvers<never>()
  const abort = () => aborted.reject(signal.reason)
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([start(), aborted.promise])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** The headers that the platform knows, as it spells them: NATS headers are case-sensitive, and `Headers` makes names lower case. */
const actorHeaders = (header: Headers): Record<string, string> =>
  Object.fromEntries(
    Object.values(HEADERS).flatMap((name) => (header.has(name) ? [[name, header.get(name) ?? '']] : [])),
  )
