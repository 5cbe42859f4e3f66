import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { Code, ConnectError, type Transport } from '@connectrpc/connect'
import { errorFromJson } from '@connectrpc/connect/protocol-connect'
import { unavailable } from './errors.js'

const TIMEOUT_MS = 15_000

/** The page closes: requests that are sent now must not end with it. */
let closing = false
for (const [event, value] of [
  ['pagehide', true],
  ['pageshow', false],
] as const)
  globalThis.addEventListener?.(
    event,
    () => {
      closing = value
    },
    { capture: true },
  )

/**
 * Connect unary over fetch, for everything before the socket is open. In binary: it shares the code that reads frames, and the
 * code for JSON (7 KB compressed) is not needed for the first screen.
 */
export function httpTransport(token: () => Promise<string | undefined>): Transport {
  return {
    async unary(method, _signal, _timeoutMs, header, input) {
      const accessToken = await token()
      const traceparent = new Headers(header).get('traceparent')
      const response = await fetch(`/api/${method.parent.typeName}/${method.name}`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/proto',
          ...(accessToken ? { Authorization: `Bearer ${accessToken}` } : {}),
          ...(traceparent ? { traceparent } : {}),
        },
        body: toBinary(method.input, create(method.input, input)),
        keepalive: closing,
        signal: AbortSignal.timeout(TIMEOUT_MS),
      }).catch(() => {
        // No network, no server or a timeout: the same for the caller.
        throw unavailable()
      })
      if (!response.ok) {
        // An answer without JSON is not the gateway's own: its status is all that is known.
        const body = await response.json().catch(() => null)
        throw errorFromJson(body, undefined, new ConnectError(response.statusText, Code.Unavailable))
      }
      // A truncated answer is treated as no answer.
      const body = await response.arrayBuffer().catch(() => {
        throw unavailable()
      })
      return {
        stream: false,
        service: method.parent,
        method,
        header: response.headers,
        trailer: new Headers(),
        message: fromBinary(method.output, new Uint8Array(body)),
      }
    },
    stream: () => Promise.reject(new ConnectError('unary only', Code.Unimplemented)),
  }
}
