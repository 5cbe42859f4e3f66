import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { PATIENCE_MS } from '@beseda/testkit'
import { afterEach, expect, test } from 'vitest'
import { type OutboundOptions, requestOutside } from './request.js'

let servers: Server[] = []
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  servers = []
})

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}
const LIMITS: OutboundOptions = { maxBytes: 10_000, timeoutMs: PATIENCE_MS, allowLoopback: true }
const get = (url: string, change: Partial<OutboundOptions> = {}) =>
  requestOutside(new URL(url), { ...LIMITS, ...change })

test('the answer has status, headers and body; the request carries no headers of its own', async () => {
  let seen: unknown
  const url = await serve((request, response) => {
    seen = request.headers
    response.setHeader('X-Test', '1').end('hello')
  })
  const answer = await get(url)
  expect([answer.status, answer.headers['x-test'], answer.body.toString()]).toEqual([200, '1', 'hello'])
  expect(new Set(Object.keys(seen as object))).toEqual(new Set(['connection', 'host']))
})

test.each([
  ['this machine', 'http://127.0.0.1/'],
  ['this machine by name', 'http://localhost/'],
  ['this machine in IPv6', 'http://[::1]/'],
  ['a mapped address', 'http://[::ffff:127.0.0.1]/'],
  ['a metadata service', 'http://169.254.169.254/latest/meta-data/'],
  ['a private network', 'https://10.0.0.1/'],
  ['a number for an address', 'http://2130706433/'],
  ['another port', 'http://8.8.8.8:6379/'],
  ['another scheme', 'ftp://8.8.8.8/'],
  ['a file', 'file:///etc/passwd'],
  ['credentials', 'http://me:secret@8.8.8.8/'],
])('%s is refused without a connection', async (_, url) => {
  await expect(get(url, { allowLoopback: false })).rejects.toThrow(
    /not public|not http|port 6379|credentials|cannot be resolved/,
  )
})

test('a name with one private address among public ones is refused', async () => {
  const resolve = async () => ['8.8.8.8', '10.0.0.1']
  await expect(get('http://mixed.example/', { resolve })).rejects.toThrow('not public')
})

test('the name is resolved once: a later answer does not count', async () => {
  const url = new URL(await serve((_, response) => response.end('first')))
  const answers = [['127.0.0.1'], ['10.0.0.1']]
  let asked = 0
  const resolve = async () => answers[asked++] ?? []
  url.hostname = 'rebinding.example'
  expect((await get(url.href, { resolve })).body.toString()).toBe('first')
  expect(asked).toBe(1)
  await expect(get(url.href, { resolve })).rejects.toThrow('not public')
})

test('an endless body is cut off', async () => {
  const url = await serve((_, response) => {
    const more = () => {
      while (response.write(Buffer.alloc(4_096)));
      response.once('drain', more)
    }
    more()
  })
  await expect(get(url)).rejects.toThrow('more than 10000 bytes')
})

test('a compressed answer is refused', async () => {
  const url = await serve((_, response) => {
    response.setHeader('Content-Encoding', 'gzip').end(gzipSync(Buffer.alloc(50_000_000)))
  })
  await expect(get(url)).rejects.toThrow('compressed (gzip)')
})

test.each<[string, RequestListener]>([
  ['never answers', () => undefined],
  ['never ends', (_, response) => response.write('a')],
])('a server that %s runs into the time limit', async (_, listener) => {
  // What is left of a longer limit is seldom a whole number.
  await expect(get(await serve(listener), { timeoutMs: 399.5 })).rejects.toThrow('no answer in time')
})

test('a host that the operator has named may be anywhere', async () => {
  const url = new URL(await serve((_, response) => response.end('private')))
  await expect(get(url.href, { allowLoopback: false })).rejects.toThrow('not public')
  expect((await get(url.href, { allowLoopback: false, trusted: true })).body.toString()).toBe('private')
})
