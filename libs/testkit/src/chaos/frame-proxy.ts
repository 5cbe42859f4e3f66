import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** Receives the payload of one frame from the server; returns the payloads that the client gets instead. */
export type Change = (payload: Uint8Array) => readonly Uint8Array[]

const BINARY = 2
const FIN = 0x80

/**
 * A TCP proxy in front of a gateway that changes WebSocket frames, for tests of their receivers. HTTP passes unchanged. Reads
 * unfragmented frames of servers without extensions (RFC 6455), as uWebSockets.js sends them.
 */
export class FrameProxy {
  readonly #sockets = new Set<Socket>()

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  /** `changeOf` is called for each connection. */
  static async start(target: string, changeOf: () => Change): Promise<FrameProxy> {
    const { hostname, port } = new URL(target)
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const proxy = new FrameProxy(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    server.on('connection', (client) => proxy.#join(client, connect(Number(port), hostname), changeOf()))
    return proxy
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    this.server.close()
    await once(this.server, 'close')
  }

  #join(client: Socket, upstream: Socket, change: Change): void {
    const reader = new ServerStream(change)
    client.pipe(upstream)
    upstream.on('data', (bytes) => client.write(reader.take(bytes)))
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.#sockets.add(one)
      // If one end closes, so does the other; errors are not reported here.
      one.on('error', () => one.destroy())
      one.on('close', () => {
        this.#sockets.delete(one)
        other.destroy()
      })
    }
  }
}

/** The bytes of a server on one connection: an HTTP response and, if that switched protocols, frames. */
class ServerStream {
  #rest: Uint8Array = new Uint8Array()
  #mode: 'head' | 'http' | 'frames' = 'head'

  constructor(private readonly change: Change) {}

  take(bytes: Uint8Array): Uint8Array {
    if (this.#mode === 'http') return bytes
    this.#rest = Buffer.concat([this.#rest, bytes])
    const out: Uint8Array[] = []
    if (this.#mode === 'head') {
      const end = Buffer.from(this.#rest).indexOf('\r\n\r\n')
      if (end < 0) return new Uint8Array()
      const head = this.#rest.subarray(0, end + 4)
      this.#mode = Buffer.from(head).toString('latin1').startsWith('HTTP/1.1 101') ? 'frames' : 'http'
      out.push(this.#mode === 'http' ? this.#rest : head)
      this.#rest = this.#rest.subarray(end + 4)
    }
    if (this.#mode === 'frames') {
      for (let frame = this.#next(); frame; frame = this.#next()) out.push(...frame)
    }
    return Buffer.concat(out)
  }

  /** The next whole frame, as it is passed on. */
  #next(): readonly Uint8Array[] | undefined {
    const rest = Buffer.from(this.#rest)
    if (rest.length < 2) return undefined
    const short = (rest[1] ?? 0) & 0x7f
    const start = short === 127 ? 10 : short === 126 ? 4 : 2
    if (rest.length < start) return undefined
    const length = short === 127 ? Number(rest.readBigUInt64BE(2)) : short === 126 ? rest.readUInt16BE(2) : short
    const end = start + length
    if (rest.length < end) return undefined
    this.#rest = rest.subarray(end)
    if (((rest[0] ?? 0) & 0x0f) !== BINARY) return [rest.subarray(0, end)]
    return this.change(rest.subarray(start, end)).map(frameOf)
  }
}

function frameOf(payload: Uint8Array): Uint8Array {
  const { length } = payload
  if (length < 126) return Buffer.concat([Buffer.from([FIN | BINARY, length]), payload])
  const head = Buffer.alloc(length < 65_536 ? 4 : 10)
  head[0] = FIN | BINARY
  head[1] = length < 65_536 ? 126 : 127
  if (length < 65_536) head.writeUInt16BE(length, 2)
  else head.writeBigUInt64BE(BigInt(length), 2)
  return Buffer.concat([head, payload])
}
