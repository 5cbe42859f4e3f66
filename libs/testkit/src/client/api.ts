import { create, type DescService, fromJson, type JsonValue, toJson } from '@bufbuild/protobuf'
import { type Client, Code, ConnectError, createClient, type Transport } from '@connectrpc/connect'
import { errorFromJson } from '@connectrpc/connect/protocol-connect'

/** The HTTP API, as used with curl: Connect unary JSON. */
export function httpTransport(url: string, token?: string, address?: string): Transport {
  return {
    async unary(method, _signal, _timeoutMs, _header, input) {
      const response = await fetch(`${url}/api/${method.parent.typeName}/${method.name}`, {
        method: 'POST',
        headers: {
          'Content-Type': 'application/json',
          ...(token ? { Authorization: `Bearer ${token}` } : {}),
          ...(address ? { 'X-Forwarded-For': address } : {}),
        },
        body: JSON.stringify(toJson(method.input, create(method.input, input))),
      })
      const body = (await response.json()) as JsonValue
      if (!response.ok) throw errorFromJson(body, undefined, new ConnectError(response.statusText, Code.Unknown))
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

export const apiClient = <S extends DescService>(
  service: S,
  url: string,
  token?: string,
  address?: string,
): Client<S> => createClient(service, httpTransport(url, token, address))
