import { create, fromJson, type JsonValue, toJson } from '@bufbuild/protobuf'
import { Code, ConnectError, type Transport } from '@connectrpc/connect'
import { errorFromJson } from '@connectrpc/connect/protocol-connect'
import { unavailable } from './errors.js'

const TIMEOUT_MS = 15_000

/** Connect unary JSON over fetch: for everything before the socket is open. */
export function httpTransport(token: () => Promise<string | undefined>): Transport {
  return {
    async unary(method, _signal, _timeoutMs, header, input) {
      const accessToken = await token()
      const traceparent = new Headers(header).get('traceparent')
      const response = await fetch(`/api/${method.parent.typeName}/${method.name}`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          ...(accessToken ? { Authorization: `Bearer ${accessToken}` } : {}),
          ...(traceparent ? { traceparent } : {}),
        },
        body: JSON.stringify(toJson(method.input, create(method.input, input))),
        signal: AbortSignal.timeout(TIMEOUT_MS),
      }).catch(() => {
        throw unavailable()
      })
      const body = (await response.json().catch(() => null)) as JsonValue
      if (!response.ok) throw errorFromJson(body, undefined, new ConnectError(response.statusText, Code.Unavailable))
      return {
        stream: false,
        service: method.parent,
        method,
        header: response.headers,
        trailer: new Headers(),
        message: fromJson(method.output, body, { ignoreUnknownFields: true }),
      }
    },
    stream: () => Promise.reject(new ConnectError('unary only', Code.Unimplemented)),
  }
}
