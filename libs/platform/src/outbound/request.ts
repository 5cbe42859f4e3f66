import { type IncomingHttpHeaders, type IncomingMessage, request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import { isIP } from 'node:net'
import { isLoopback, isPublicAddress } from './public-address.js'
import { type Resolve, resolverFor } from './resolve.js'

/** The address is not allowed, nobody answered in time, or the answer is not acceptable. */
export class OutboundRefused extends Error {
  override readonly name = 'OutboundRefused'
}

/** Somebody answered, with too much or compressed. */
export class AnswerRefused extends OutboundRefused {}

export interface OutboundOptions {
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: Uint8Array
  /** Limit for the body of the answer. */
  readonly maxBytes: number
  /** Limit for name lookup, connection and answer together; fractions count as a whole. */
  readonly timeoutMs: number
  /** Also allows this machine, on any port. For tests. */
  readonly allowLoopback?: boolean
  /** The operator has named this host: it may have any address, and any port. */
  readonly trusted?: boolean
  /** Undefined: as the system does what the operator has named, and by name servers alone what somebody else has chosen. */
  readonly resolve?: Resolve
  /** Called with status and headers before the body is read; a throw ends the request. */
  readonly inspect?: (status: number, headers: IncomingHttpHeaders) => void
}

export interface OutboundAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

const PORTS: Readonly<Record<string, string>> = { 'http:': '80', 'https:': '443' }

/**
 * Sends one request to an address that a user has chosen. Allows http and https on their default ports, and only hosts whose
 * addresses are all public, but for those that the operator has named. Connects to the address that was checked, so a name that resolves
 * differently the second time (DNS rebinding) gains nothing. Follows no redirect and sends no cookies. Errors: OutboundRefused.
 */
export async function requestOutside(url: URL, options: OutboundOptions): Promise<OutboundAnswer> {
  const signal = AbortSignal.timeout(Math.ceil(options.timeoutMs))
  const address = await withSignal(chooseAddress(url, options), signal)
  return withSignal(exchange(url, address, options, signal), signal)
}

/** Chooses the address to connect to. Errors: OutboundRefused. */
async function chooseAddress(
  url: URL,
  { allowLoopback = false, trusted = false, resolve = resolverFor(trusted || allowLoopback) }: OutboundOptions,
): Promise<string> {
  const ownPort = PORTS[url.protocol]
  if (ownPort === undefined) throw new OutboundRefused(`${url.protocol} is not http or https`)
  if (url.username !== '' || url.password !== '') throw new OutboundRefused('the URL contains credentials')
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1')
  const addresses = isIP(host)
    ? [host]
    : // The reason is in the error that follows.
      await resolve(host).catch(() => {
        throw new OutboundRefused(`${host} cannot be resolved`)
      })
  const [first] = addresses
  if (first === undefined) throw new OutboundRefused(`${host} has no address`)
  if (trusted || (allowLoopback && addresses.every(isLoopback))) return first
  if (!addresses.every(isPublicAddress)) throw new OutboundRefused(`${host} is not public`)
  if (url.port !== '' && url.port !== ownPort) throw new OutboundRefused(`port ${url.port} is not allowed`)
  return first
}

function exchange(
  url: URL,
  address: string,
  { method = 'GET', headers = {}, body, maxBytes, inspect }: OutboundOptions,
  signal: AbortSignal,
): Promise<OutboundAnswer> {
  const family = isIP(address)
  const send = url.protocol === 'https:' ? requestHttps : requestHttp
  return new Promise((resolve, reject) => {
    const request = send(url, {
      method,
      headers,
      signal,
      agent: false,
      maxHeaderSize: 16_384,
      // The name is not resolved again.
      lookup: (_host, wanted, found) => {
        if (wanted.all) found(null, [{ address, family }])
        else found(null, address, family)
      },
    })
    request.once('error', (error) => reject(new OutboundRefused(error.message)))
    request.once('response', (response) => {
      readWithin(response, maxBytes, inspect).then(resolve, (error: unknown) => {
        request.destroy()
        reject(error instanceof OutboundRefused ? error : new OutboundRefused(String(error)))
      })
    })
    request.end(body)
  })
}

async function readWithin(
  response: IncomingMessage,
  maxBytes: number,
  inspect: OutboundOptions['inspect'],
): Promise<OutboundAnswer> {
  const { statusCode: status = 0, headers } = response
  inspect?.(status, headers)
  const encoding = headers['content-encoding'] ?? 'identity'
  // No compression was asked for: a small answer must not unpack into a huge one.
  if (encoding !== 'identity') throw new AnswerRefused(`the answer is compressed (${encoding})`)
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > maxBytes) throw new AnswerRefused(`the answer has more than ${maxBytes} bytes`)
    chunks.push(chunk)
  }
  return { status, headers, body: Buffer.concat(chunks) }
}

function withSignal<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new OutboundRefused('no answer in time'))
    signal.addEventListener('abort', late, { once: true })
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', late))
  })
}
