import { createECDH, createHash, createPublicKey, randomBytes, verify } from 'node:crypto'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { decrypt } from 'http_ece'
import { PATIENCE_MS } from '../patience.js'

/** A push received by one device, decrypted as its browser would. */
export interface ReceivedPush {
  readonly note: { readonly kind: string; readonly [field: string]: unknown }
  readonly ttl: number
  readonly urgency: string
  readonly topic: string
}

/** A browser's side of a push subscription: an address, and the keys that only it has. */
export interface TestSubscription {
  readonly endpoint: string
  readonly p256dh: Buffer
  readonly auth: Buffer
  /** All received pushes, in order. */
  readonly received: readonly ReceivedPush[]
  /** Resolves with the n-th push, from 0. */
  at(n: number): Promise<ReceivedPush>
  /** From now on the push service answers with this status. */
  answer(status: number): void
}

/** A push service (RFC 8030) on this machine: checks the sender's signature (RFC 8292) and decrypts for the device (RFC 8291). */
export class TestPushService {
  readonly #devices = new Map<string, (headers: IncomingHttpHeaders, body: Buffer) => number>()
  readonly complaints: string[] = []

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<TestPushService> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const service = new TestPushService(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
      const device = service.#devices.get(request.url ?? '')
      response.writeHead(device ? device(request.headers, Buffer.concat(chunks)) : 404).end()
    })
    return service
  }

  /** A device whose browser has subscribed with the installation's key. */
  subscribe(pushKey: Uint8Array): TestSubscription {
    const keys = createECDH('prime256v1')
    const p256dh = keys.generateKeys()
    const auth = randomBytes(16)
    const path = `/push/${randomBytes(8).toString('hex')}`
    const received: ReceivedPush[] = []
    const waiters: (() => void)[] = []
    let status = 201
    this.#devices.set(path, (headers, body) => {
      if (!isSignedBy(pushKey, headers.authorization ?? '', this.url)) {
        this.complaints.push('a push that the installation has not signed')
        return 403
      }
      if (status >= 300) return status
      const plain = decrypt(body, { version: 'aes128gcm', privateKey: keys, authSecret: auth.toString('base64url') })
      received.push({
        note: JSON.parse(plain.toString('utf8')) as ReceivedPush['note'],
        ttl: Number(headers.ttl),
        urgency: String(headers.urgency),
        topic: String(headers.topic ?? ''),
      })
      for (const wake of waiters.splice(0)) wake()
      return status
    })
    return {
      endpoint: `${this.url}${path}`,
      p256dh,
      auth,
      received,
      answer: (wanted) => {
        status = wanted
      },
      at: async (n) => {
        for (;;) {
          const found = received[n]
          if (found) return found
          await new Promise<void>((resolve, reject) => {
            const timer = setTimeout(
              () => reject(new Error(`push ${n} did not come, only ${received.length}`)),
              PATIENCE_MS,
            )
            waiters.push(() => {
              clearTimeout(timer)
              resolve()
            })
          })
        }
      },
    }
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }
}

/** `vapid t=<JWT>, k=<key>`: checks that the key is the subscribed one, the signature is valid, and the audience is this service. */
function isSignedBy(pushKey: Uint8Array, authorization: string, audience: string): boolean {
  const [, token = '', key = ''] = /^vapid t=([^,]+), ?k=(\S+)$/.exec(authorization) ?? []
  const [head = '', claims = '', signature = ''] = token.split('.')
  if (!Buffer.from(key, 'base64url').equals(pushKey)) return false
  const { aud, exp } = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as { aud: string; exp: number }
  const [x, y] = [pushKey.subarray(1, 33), pushKey.subarray(33)].map((part) => Buffer.from(part).toString('base64url'))
  const publicKey = createPublicKey({ key: { kty: 'EC', crv: 'P-256', x: x ?? '', y: y ?? '' }, format: 'jwk' })
  const holds = verify(
    'sha256',
    Buffer.from(`${head}.${claims}`),
    { key: publicKey, dsaEncoding: 'ieee-p1363' },
    Buffer.from(signature, 'base64url'),
  )
  return holds && aud === audience && exp * 1_000 > Date.now()
}

export const endpointHash = (endpoint: string): Buffer => createHash('sha256').update(endpoint).digest()
