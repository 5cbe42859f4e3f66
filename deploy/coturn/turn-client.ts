import { createHash, createHmac, randomBytes } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { connect as dial, isIPv4, isIPv6, type Socket } from 'node:net'
import { type ConnectionOptions, connect as dialTls } from 'node:tls'

/** The part of TURN (RFC 8656) that is needed to test what a server allows. */
const COOKIE = 0x2112a442
const METHODS = { allocate: 0x003, permission: 0x008 } as const
const TYPES = { username: 0x06, integrity: 0x08, error: 0x09, peer: 0x12, realm: 0x14, nonce: 0x15 }
const TRANSPORT = 0x19
/** Family of the relayed address (RFC 8656, 18.8); IPv4 if it is absent. */
const FAMILY = 0x17
const FAMILIES = { ipv4: 1, ipv6: 2 } as const
const SOFTWARE = 0x8022
type Method = keyof typeof METHODS
/** Where the server is: this host. */
type Host = '127.0.0.1' | '::1'

export interface TurnUser {
  readonly username: string
  readonly credential: string
}

/** Credentials as the call service creates them. */
export function turnUser(secret: string, lifeS = 3_600, name = 'ann'): TurnUser {
  const username = `${Math.floor(Date.now() / 1000) + lifeS}:${name}`
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') }
}

export interface Answer {
  /** 0: success. */
  readonly error: number
  readonly hasSoftware: boolean
}

interface Way {
  send(bytes: Buffer): void
  onMessage(take: (bytes: Buffer) => void): void
  close(): void
}

export class TurnClient {
  #realm = ''
  #nonce = ''
  readonly #waiting = new Map<string, (answer: Buffer) => void>()

  private constructor(
    private readonly way: Way,
    private readonly user: TurnUser,
  ) {
    way.onMessage((bytes) => this.#waiting.get(bytes.subarray(8, 20).toString('hex'))?.(bytes))
  }

  static async udp(port: number, user: TurnUser, host: Host = '127.0.0.1'): Promise<TurnClient> {
    const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4')
    await new Promise<void>((resolve) => socket.connect(port, host, resolve))
    return new TurnClient(
      {
        send: (bytes) => socket.send(bytes),
        onMessage: (take) => void socket.on('message', take),
        // Its port stays taken: coturn keeps the allocation for ten minutes, and would refuse the next client at the same port.
        close: () => socket.unref(),
      },
      user,
    )
  }

  static tcp = (port: number, user: TurnUser, host: Host = '127.0.0.1') =>
    TurnClient.#over(dial(port, host), 'connect', user)
  static tls = (port: number, user: TurnUser, options: ConnectionOptions = {}, host: Host = '127.0.0.1') =>
    TurnClient.#over(dialTls(port, host, { rejectUnauthorized: false, ...options }), 'secureConnect', user)

  static async #over(socket: Socket, ready: string, user: TurnUser): Promise<TurnClient> {
    await new Promise<void>((resolve, reject) => {
      socket.once(ready, resolve).once('error', reject)
      socket.setTimeout(5_000, () => socket.destroy())
      socket.once('close', () => reject(new Error('closed before it was open')))
    })
    return new TurnClient(
      {
        send: (bytes) => void socket.write(bytes),
        onMessage: (take) => void socket.on('data', take),
        close: () => socket.destroy(),
      },
      user,
    )
  }

  /** Allocates a relay to peers over UDP (17) or TCP (6). */
  allocate = (transport = 17, family: keyof typeof FAMILIES = 'ipv4'): Promise<Answer> =>
    this.#ask('allocate', () => [
      attribute(TRANSPORT, Buffer.from([transport, 0, 0, 0])),
      ...(family === 'ipv6' ? [attribute(FAMILY, Buffer.from([FAMILIES.ipv6, 0, 0, 0]))] : []),
    ])
  permit = (address: string): Promise<Answer> => this.#ask('permission', (id) => [peer(address, id)])
  close = (): void => this.way.close()

  async #ask(method: Method, attributes: (id: Buffer) => readonly Buffer[]): Promise<Answer> {
    const answer = await this.#exchange(method, attributes)
    if (answer.error !== 401 && answer.error !== 438) return answer
    return this.#exchange(method, attributes)
  }

  /** The first response contains the realm and the nonce. */
  async #exchange(method: Method, attributesOf: (id: Buffer) => readonly Buffer[]): Promise<Answer> {
    const id = randomBytes(12)
    const { username, credential } = this.user
    const attributes = attributesOf(id)
    const signed = this.#nonce
      ? [
          ...attributes,
          attribute(TYPES.username, Buffer.from(username)),
          attribute(TYPES.realm, Buffer.from(this.#realm)),
          attribute(TYPES.nonce, Buffer.from(this.#nonce)),
        ]
      : attributes
    const key = createHash('md5').update(`${username}:${this.#realm}:${credential}`).digest()
    const body = Buffer.concat(signed)
    const bytes = this.#nonce ? withIntegrity(method, id, body, key) : message(method, id, body)
    const answer = new Promise<Buffer>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`no answer to ${method}`)), 5_000)
      this.#waiting.set(id.toString('hex'), (received) => {
        clearTimeout(timer)
        resolve(received)
      })
    })
    this.way.send(bytes)
    const found = read(await answer)
    this.#realm = found.get(TYPES.realm)?.toString() ?? this.#realm
    this.#nonce = found.get(TYPES.nonce)?.toString() ?? this.#nonce
    const error = found.get(TYPES.error)
    return { error: error ? (error[2] ?? 0) * 100 + (error[3] ?? 0) : 0, hasSoftware: found.has(SOFTWARE) }
  }
}

function attribute(type: number, value: Buffer): Buffer {
  const head = Buffer.alloc(4)
  head.writeUInt16BE(type, 0)
  head.writeUInt16BE(value.length, 2)
  return Buffer.concat([head, value, Buffer.alloc((4 - (value.length % 4)) % 4)])
}

function message(method: Method, id: Buffer, body: Buffer, length = body.length): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt16BE(METHODS[method], 0)
  head.writeUInt16BE(length, 2)
  head.writeUInt32BE(COOKIE, 4)
  return Buffer.concat([head, id, body])
}

function withIntegrity(method: Method, id: Buffer, body: Buffer, key: Buffer): Buffer {
  const signed = message(method, id, body, body.length + 24)
  return Buffer.concat([signed, attribute(TYPES.integrity, createHmac('sha1', key).update(signed).digest())])
}

/** XOR-PEER-ADDRESS of an IPv4 or IPv6 address (RFC 8489, 14.2). */
function peer(address: string, id: Buffer): Buffer {
  if (!isIPv4(address) && !isIPv6(address)) throw new Error(`${address} is not an IP address`)
  const bytes = isIPv4(address) ? Buffer.from(address.split('.').map(Number)) : ipv6Bytes(address)
  const head = Buffer.alloc(4)
  head.writeUInt8(isIPv4(address) ? FAMILIES.ipv4 : FAMILIES.ipv6, 1)
  head.writeUInt16BE(9 ^ (COOKIE >>> 16), 2)
  const mask = Buffer.concat([Buffer.from(COOKIE.toString(16), 'hex'), id])
  return attribute(TYPES.peer, Buffer.concat([head, bytes.map((byte, i) => byte ^ (mask[i] ?? 0))]))
}

function ipv6Bytes(address: string): Buffer {
  // `::ffff:10.0.0.1` is written with the four numbers of the IPv4 address.
  const plain = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, ...numbers: string[]) => {
    const [a = 0, b = 0, c = 0, d = 0] = numbers.slice(0, 4).map(Number)
    return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
  })
  const [head = '', tail] = plain.split('::')
  const words = (text: string | undefined) => (text ? text.split(':').map((word) => Number.parseInt(word, 16)) : [])
  const [front, back] = [words(head), words(tail)]
  const all = [...front, ...Array.from({ length: 8 - front.length - back.length }, () => 0), ...back]
  const bytes = Buffer.alloc(16)
  for (const [i, word] of all.entries()) bytes.writeUInt16BE(word, 2 * i)
  return bytes
}

function read(bytes: Buffer): Map<number, Buffer> {
  const found = new Map<number, Buffer>()
  for (let at = 20; at + 4 <= bytes.length; ) {
    const length = bytes.readUInt16BE(at + 2)
    found.set(bytes.readUInt16BE(at), bytes.subarray(at + 4, at + 4 + length))
    at += 4 + length + ((4 - (length % 4)) % 4)
  }
  return found
}
