import { once } from 'node:events'
import type { IncomingHttpHeaders, IncomingMessage, RequestOptions } from 'node:http'
import { request as plainRequest } from 'node:http'
import { request } from 'node:https'
import { newId } from '@beseda/kernel'
import { Installation, Person } from '@beseda/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  configurationOf,
  HOST,
  isHere,
  KINDS,
  type ProxyName,
  type RealProxy,
  startProxy,
} from './testing/real-proxy.js'

/** Proxies as our configurations make them, in front of a real gateway. */
const NAMES = Object.keys(KINDS) as ProxyName[]
const here = await Promise.all(NAMES.map(async (name) => [name, await isHere(name)] as const))
for (const [name, is] of here) if (!is) console.log(`${name} cannot be had here: its configuration is not tried.`)

let beseda: Installation
let ann: Person
beforeAll(async () => {
  beseda = await Installation.start({ PUBLIC_URL: `https://${HOST}`, MAX_UPLOAD_MB: '8' })
  ann = await Person.register(beseda.url)
})
afterAll(() => beseda?.stop())

interface Answer {
  readonly status: number | undefined
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

describe.each(here.filter(([, is]) => is).map(([name]) => name))('%s', (name) => {
  let proxy: RealProxy
  beforeAll(async () => {
    proxy = await startProxy(name, Number(new URL(beseda.url).port))
  })
  afterAll(() => proxy?.stop())

  /** A request over TLS, under the public name. */
  const open = (path: string, { headers = {}, ...options }: RequestOptions = {}) =>
    request({
      ...{ host: '127.0.0.1', port: proxy.https, path, servername: HOST, rejectUnauthorized: false, agent: false },
      ...options,
      headers: { Host: HOST, ...headers },
    })
  const ask = async (path: string, options?: RequestOptions, body?: Buffer | string): Promise<Answer> => {
    const asked = open(path, options)
    asked.end(body)
    const [answer] = (await once(asked, 'response')) as [IncomingMessage]
    const { statusCode: status, headers } = answer
    return { status, headers, body: Buffer.concat(await answer.toArray()) }
  }
  const signedIn = () => ({ Authorization: `Bearer ${ann.tokens.accessToken}` })
  const upload = (bytes: Buffer) =>
    ask(
      '/api/files?name=notes.bin',
      { method: 'POST', headers: { ...signedIn(), 'Content-Length': bytes.length } },
      bytes,
    )

  test('serves the client over TLS alone, at the root of its host', async () => {
    const page = await ask('/')
    expect([page.status, page.headers['strict-transport-security']]).toEqual([200, 'max-age=31536000'])
    expect(page.body.toString()).toContain('<div id="app"')
    expect((await ask('/chat/')).status).toBe(404)
    const plain = plainRequest({
      host: '127.0.0.1',
      port: proxy.http,
      path: '/c/1',
      agent: false,
      headers: { Host: HOST },
    })
    plain.end()
    const [moved] = (await once(plain, 'response')) as [IncomingMessage]
    moved.resume()
    expect([301, 308]).toContain(moved.statusCode)
    expect(moved.headers.location).toMatch(/^https:\/\/chat\.example\.org(:\d+)?\/c\/1$/)
  })

  test('lets sockets through with the page that opens them, which the gateway then judges', async () => {
    const socket = (origin: string) => {
      const asked = open('/ws', {
        headers: {
          Connection: 'Upgrade',
          Upgrade: 'websocket',
          Origin: origin,
          'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
          'Sec-WebSocket-Version': '13',
          'Sec-WebSocket-Protocol': 'beseda.v1',
        },
      })
      asked.end()
      return asked
    }
    const [own] = await once(socket(`https://${HOST}`), 'upgrade')
    expect([own.statusCode, own.headers['sec-websocket-protocol']]).toEqual([101, 'beseda.v1'])
    own.socket.destroy()
    const [foreign] = (await once(socket('https://elsewhere.example'), 'response')) as [IncomingMessage]
    expect(foreign.statusCode).toBe(403)
    foreign.resume()
  })

  test('passes files on as they come, and jumps within them', async () => {
    const bytes = Buffer.from(Array.from({ length: 3_000_000 }, (_, i) => i * 7))
    const stored = await upload(bytes)
    expect(stored.status).toBe(200)
    const { id } = JSON.parse(stored.body.toString()) as { id: string }
    const headers = { ...signedIn(), 'Accept-Encoding': 'gzip, br' }
    const part = await ask(`/api/files/${id}`, { headers: { ...headers, Range: 'bytes=1000000-1000099' } })
    expect([part.status, part.headers['content-range']]).toEqual([206, 'bytes 1000000-1000099/3000000'])
    expect(part.body.equals(bytes.subarray(1_000_000, 1_000_100))).toBe(true)
    const whole = await ask(`/api/files/${id}`, { headers })
    expect([whole.status, whole.headers['content-encoding'], whole.body.equals(bytes)]).toEqual([200, undefined, true])
  })

  test('the gateway, not the proxy, refuses a file that is too large', async () => {
    const refused = await upload(Buffer.alloc(9 * 2 ** 20))
    expect(JSON.parse(refused.body.toString())).toMatchObject({ message: 'TOO_LARGE' })
  })

  test('an upload reaches the gateway before it is complete', async () => {
    const begun = open('/api/files?name=x', { method: 'POST', headers: { 'Content-Length': 4_000_000 } })
    begun.on('error', () => undefined)
    const answered = once(begun, 'response') as Promise<[IncomingMessage]>
    begun.write(Buffer.alloc(1_000))
    // Nobody is signed in. A proxy that collects would wait for the rest, which never comes.
    const [answer] = await answered
    expect(answer.statusCode).toBe(401)
    begun.destroy()
  })

  test('a client does not choose the address that its limits count against', async () => {
    const at = `127.0.1.${NAMES.indexOf(name) + 1}`
    const guess = async (localAddress: string, forged?: string) => {
      const body = JSON.stringify({
        username: `nobody-${newId().slice(-12)}`,
        password: 'guess guess',
        device: { id: newId() },
      })
      const headers = { 'Content-Type': 'application/json', ...(forged && { 'X-Forwarded-For': forged }) }
      const options = { method: 'POST', localAddress, headers }
      const answer = await ask('/api/beseda.identity.v1.IdentityService/SignIn', options, body)
      return (JSON.parse(answer.body.toString()) as { message: string }).message
    }
    const guesses = await Promise.all(Array.from({ length: 45 }, (_, i) => guess(at, `198.51.100.${i}`)))
    expect(guesses).toContain('RATE_LIMITED')
    expect(await guess(`127.0.2.${NAMES.indexOf(name) + 1}`)).toBe('BAD_CREDENTIALS')
  })
})

/** The gateway closes a silent socket after a minute (`IDLE_SECONDS`); a proxy without these lines has no bound of its own. */
test.each(NAMES)('%s leaves a silent socket to the gateway', async (name) => {
  const text = await configurationOf(name)
  const lines = text.matchAll(
    /^\s*(?:proxy_read_timeout|proxy_send_timeout|timeout (?:client|server|tunnel))\s+(\d+)s/gm,
  )
  for (const [line, seconds] of lines) expect(Number(seconds), line).toBeGreaterThan(60)
  if (name === 'nginx' || name === 'haproxy')
    expect(text.match(/(timeout tunnel|proxy_read_timeout) /g)).toHaveLength(1)
})
