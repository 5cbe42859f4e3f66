import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gzipSync } from 'node:zlib'
import { PATIENCE_MS } from '@beseda/testkit'
import sharp from 'sharp'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Internet, type InternetOptions } from './adapters/internet.js'
import { SqliteCache } from './adapters/sqlite-cache.js'
import { Previews } from './application/previews.js'

/** Pages of a real HTTP server on this machine, well-behaved and not. */
let servers: Server[]
let results: string[]
let requests: { readonly url: string; readonly headers: NodeJS.Dict<string | string[]> }[]
beforeEach(() => {
  servers = []
  results = []
  requests = []
})
afterEach(async () => {
  for (const server of servers) {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
})

async function site(pages: Readonly<Record<string, RequestListener>>): Promise<string> {
  const server = createServer((request, response) => {
    requests.push({ url: request.url ?? '', headers: request.headers })
    const page = pages[request.url ?? '']
    if (page) page(request, response)
    else response.writeHead(404).end()
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
const html =
  (text: string, type = 'text/html; charset=utf-8'): RequestListener =>
  (_, response) =>
    response.setHeader('Content-Type', type).end(text)
const to =
  (location: string): RequestListener =>
  (_, response) =>
    response.writeHead(302, { Location: location }).end()

function previews(options: Partial<InternetOptions> = {}) {
  const internet = new Internet({ allowLoopback: true, timeoutMs: PATIENCE_MS, ...options })
  const all = new Previews(internet, new SqliteCache(':memory:'), { fetched: (result) => void results.push(result) })
  return { of: (url: string, now = 1, userId = 'ann') => all.of(url, userId, now) }
}
const redPicture = () =>
  sharp({ create: { width: 1_200, height: 800, channels: 3, background: '#c00' } })
    .png()
    .toBuffer()

describe('a page', () => {
  test('shows title, description, name and its picture, small and drawn anew; nothing of ours goes along', async () => {
    const png = await redPicture()
    const url = await site({
      '/': html(`<title>no</title><meta property="og:title" content="Samovars &amp; tea"><meta property="og:description" content="All about them">
        <meta property="og:site_name" content="Teahouse"><meta property="og:image" content="/a.png">`),
      '/a.png': (_, response) => response.setHeader('Content-Type', 'image/png').end(png),
    })
    const found = await previews().of(url)
    expect(found).toMatchObject({ title: 'Samovars & tea', description: 'All about them', siteName: 'Teahouse' })
    expect(found?.picture).toMatchObject({ width: 480, height: 320 })
    expect((await sharp(found?.picture?.bytes).metadata()).format).toBe('webp')
    for (const { headers } of requests) {
      expect(Object.keys(headers).sort((a, b) => a.localeCompare(b))).toEqual([
        'accept',
        'accept-encoding',
        'connection',
        'host',
        'user-agent',
      ])
    }
  })

  test('is fetched once for everybody who asks, and again when a day has passed', async () => {
    const url = await site({ '/': html('<title>Once</title>') })
    const all = previews()
    await Promise.all(Array.from({ length: 10 }, () => all.of(url)))
    await all.of(`${url}/#part`)
    expect(requests).toHaveLength(1)
    await all.of(url, 25 * 3_600_000)
    expect(requests).toHaveLength(2)
  })

  test('is found under an address with letters beyond ASCII, as it was typed', async () => {
    const url = await site({ [encodeURI('/о-нас')]: html('<title>About us</title>') })
    expect(await previews().of(`${url}/о-нас`)).toMatchObject({ title: 'About us' })
  })

  test('may be in the letters of another time', async () => {
    const body = Buffer.concat([
      Buffer.from('<title>'),
      Buffer.from([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2]),
      Buffer.from('</title>'),
    ])
    const url = await site({
      '/': (_, response) => response.setHeader('Content-Type', 'text/html; charset=windows-1251').end(body),
    })
    expect((await previews().of(url))?.title).toBe('Привет')
  })

  test('is followed over at most three redirects', async () => {
    const url = await site({
      '/4': to('/3'),
      '/3': to('/2'),
      '/2': to('/1'),
      '/1': to('/0'),
      '/0': html('<title>Here</title>'),
    })
    expect((await previews().of(`${url}/3`))?.title).toBe('Here')
    expect(await previews().of(`${url}/4`)).toBeUndefined()
  })
})

describe('nothing is shown, and nothing breaks, when a page', () => {
  test.each([
    'http://10.0.0.1/',
    'http://169.254.169.254/latest/',
    'http://[::1]/',
    'http://localhost:22/',
    'file:///etc/passwd',
  ])('leads to %s', async (private_) => {
    const url = await site({ '/': to(private_) })
    expect(await previews({ allowLoopback: true }).of(url)).toBeUndefined()
    expect(results).toEqual(['failed'])
    expect(requests).toHaveLength(1)
  })

  test('is on this machine', async () => {
    const url = await site({ '/': html('<title>secret</title>') })
    expect(await previews({ allowLoopback: false }).of(url)).toBeUndefined()
    expect(requests).toEqual([])
  })

  test('has a name that answers with a public address first and a private one then', async () => {
    const url = new URL(await site({ '/': to('/next'), '/next': html('<title>secret</title>') }))
    url.hostname = 'rebinding.example'
    const answers = [['127.0.0.1'], ['10.0.0.1']]
    const resolve = async () => answers.shift() ?? ['10.0.0.1']
    expect(await previews({ resolve }).of(url.href)).toBeUndefined()
    expect(requests.map((request) => request.url)).toEqual(['/'])
  })

  test.each<[string, RequestListener]>([
    ['is no page', html('{"title": "x"}', 'application/json')],
    ['has no type', (_, response) => response.end('<title>x</title>')],
    ['is not there', (_, response) => response.writeHead(404).end('<title>x</title>')],
    ['says nothing', html('<p>hello')],
    ['is too large', html(`<title>x</title>${' '.repeat(600_000)}`)],
    [
      'never ends',
      (_, response) => {
        response.setHeader('Content-Type', 'text/html')
        const more = () => {
          while (response.write(' '.repeat(4_096)));
          response.once('drain', more)
        }
        more()
      },
    ],
    [
      'is a bomb',
      (_, response) =>
        response
          .setHeader('Content-Type', 'text/html')
          .setHeader('Content-Encoding', 'gzip')
          .end(gzipSync(Buffer.alloc(50_000_000, ' '))),
    ],
  ])('%s', async (_, page) => {
    const url = await site({ '/': page })
    expect(await previews().of(url)).toBeUndefined()
  })

  test.each<[string, RequestListener]>([
    ['drips', (_, response) => response.setHeader('Content-Type', 'text/html').write('<title>')],
    ['is silent', () => undefined],
  ])('%s', async (_, page) => {
    const url = await site({ '/': page })
    expect(await previews({ timeoutMs: 600 }).of(url)).toBeUndefined()
  })

  test.each<[string, string, Buffer]>([
    ['of a kind that can hold scripts', 'image/svg+xml', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    [
      'that is a drawing under a false name',
      'image/png',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
    ],
    ['that is none', 'image/png', Buffer.from('not a picture')],
  ])('has a picture %s: the words are shown', async (_, type, bytes) => {
    const url = await site({
      '/': html('<title>Words</title><meta property="og:image" content="/a">'),
      '/a': (_request, response) => response.setHeader('Content-Type', type).end(bytes),
    })
    expect(await previews().of(url)).toMatchObject({ title: 'Words', picture: undefined })
  })
})

test('a bounded number of pages is fetched at one time', async () => {
  const open: (() => void)[] = []
  const url = await site(
    Object.fromEntries(
      Array.from({ length: 20 }, (_, i) => [
        `/${i}`,
        (_request, response) =>
          open.push(() => response.setHeader('Content-Type', 'text/html').end('<title>x</title>')),
      ]),
    ),
  )
  const all = previews()
  const asked = Array.from({ length: 20 }, (_, i) => all.of(`${url}/${i}`, 1, `person ${i % 5}`))
  expect(results).toEqual(['busy', 'busy', 'busy', 'busy'])
  while (open.length < 16) await new Promise((resolve) => setTimeout(resolve, 5))
  for (const answer of open) answer()
  expect((await Promise.all(asked)).filter(Boolean)).toHaveLength(16)
})

test('of one person only four: the others find places', async () => {
  const open: (() => void)[] = []
  const slow: RequestListener = (_request, response) =>
    open.push(() => response.setHeader('Content-Type', 'text/html').end('<title>x</title>'))
  const url = await site(Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`/${i}`, slow])))
  const all = previews()
  const greedy = Array.from({ length: 6 }, (_, i) => all.of(`${url}/${i}`, 1, 'greedy'))
  expect(results).toEqual(['busy', 'busy'])
  const modest = all.of(`${url}/6`, 1, 'modest')
  while (open.length < 5) await new Promise((resolve) => setTimeout(resolve, 5))
  for (const answer of open) answer()
  expect((await Promise.all(greedy)).filter(Boolean)).toHaveLength(4)
  expect(await modest).toMatchObject({ title: 'x' })
  const again = all.of(`${url}/5`, 2, 'greedy')
  while (open.length < 6) await new Promise((resolve) => setTimeout(resolve, 5))
  open.at(-1)?.()
  expect(await again).toMatchObject({ title: 'x' })
})
