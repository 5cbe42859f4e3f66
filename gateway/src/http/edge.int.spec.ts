import { once } from 'node:events'
import { request } from 'node:http'
import { connect } from 'node:net'
import { newId } from '@beseda/kernel'
import { Installation, Person } from '@beseda/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

/** What monitors, proxies and clients meet at the gateway's public port, on the built system. */
let beseda: Installation
let ann: Person
beforeAll(async () => {
  // One proxy is trusted, as in every test.
  beseda = await Installation.start({ PUBLIC_URL: 'https://chat.example.org' })
  ann = await Person.register(beseda.url)
})
afterAll(() => beseda?.stop())

const get = (path: string, method = 'GET', headers: Record<string, string> = {}) =>
  fetch(`${beseda.url}${path}`, { method, headers })

/** Status of a WebSocket handshake by a page with this Origin. */
async function handshake(origin: string | undefined): Promise<number | undefined> {
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol': 'beseda.v1',
    ...(origin === undefined ? {} : { Origin: origin }),
  }
  const asked = request(`${beseda.url}/ws`, { headers }).end()
  const [answer] = await Promise.race([once(asked, 'upgrade'), once(asked, 'response')])
  asked.destroy()
  return answer.statusCode
}

test('pages of other sites open no sockets; programs, which send no Origin, and the own pages do', async () => {
  expect(await handshake('https://evil.example')).toBe(403)
  for (const origin of [undefined, 'https://chat.example.org', beseda.url]) expect(await handshake(origin)).toBe(101)
})

describe('HEAD', () => {
  test.each(['/', '/index.html', '/c/x', '/sw.js', '/invite/x', '/nothing.js', '/health/ready', '/api/x', '/unknown'])(
    '%s is answered as GET is, with the same headers and no body',
    async (path) => {
      const [got, headed] = [await get(path), await get(path, 'HEAD')]
      expect(headed.status).toBe(got.status)
      const described = ({ headers }: Response) =>
        ['content-type', 'etag', 'cache-control', 'content-security-policy'].map((name) => headers.get(name))
      expect(described(headed)).toEqual(described(got))
      expect(await headed.text()).toBe('')
    },
  )

  test('of a file says how large it is', async () => {
    const headers = { Authorization: `Bearer ${ann.tokens.accessToken}` }
    const body = 'twelve bytes'
    const sent = await fetch(`${beseda.url}/api/files?name=note.txt`, { method: 'POST', headers, body })
    const { id } = (await sent.json()) as { id: string }
    const headed = await get(`/api/files/${id}`, 'HEAD', { ...headers, Range: 'bytes=0-1' })
    expect([headed.status, headed.headers.get('content-length'), await headed.text()]).toEqual([200, '12', ''])
    expect((await get(`/api/files/${newId()}`, 'HEAD', headers)).status).toBe(404)
  })
})

test.each(['/health', '/health/live', '/health/ready', '/health/startup', '/metrics', '/healthz', '/api/x', '/ws'])(
  '%s of the public port is 404: a monitor that asks here learns that it asks in the wrong place',
  async (path) => {
    expect((await get(path)).status).toBe(404)
    expect((await get(path, 'HEAD')).status).toBe(404)
  },
)

/** An HTTP request with these header lines, as they are: `fetch` would join lines of one name. */
async function statusOf(lines: readonly string[], body: string): Promise<number> {
  const { port, hostname } = new URL(beseda.url)
  const socket = connect(Number(port), hostname)
  socket.write(`${[...lines, `Content-Length: ${body.length}`, 'Connection: close'].join('\r\n')}\r\n\r\n${body}`)
  const [bytes] = (await once(socket, 'data')) as [Buffer]
  socket.destroy()
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(bytes.toString('latin1'))?.[1])
}

describe('X-Forwarded-For in two lines, as HAProxy sends it', () => {
  /** Attempts to sign in with names that nobody has; of one address so many are answered, the rest get 429. */
  const limited = async (forwarded: (i: number) => readonly string[]) => {
    let count = 0
    for (let i = 0; i < 45; i++) {
      const request = { username: `nobody-${newId().slice(-12)}`, password: 'guess guess', device: { id: newId() } }
      const lines = [
        'POST /api/beseda.identity.v1.IdentityService/SignIn HTTP/1.1',
        'Host: localhost',
        'Content-Type: application/json',
        ...forwarded(i).map((value) => `X-Forwarded-For: ${value}`),
      ]
      if ((await statusOf(lines, JSON.stringify(request))) === 429) count++
    }
    return count
  }

  test('the line of the proxy counts, whatever the client wrote before it', async () => {
    expect(await limited((i) => [`10.9.8.${i}`, '192.0.2.44'])).toBeGreaterThan(0)
  })

  test('people at different addresses behind the proxy have limits of their own', async () => {
    expect(await limited((i) => ['10.9.8.7', `192.0.2.${100 + i}`])).toBe(0)
  })
})

describe('reports of clients', () => {
  const report = (body: string, headers: Record<string, string> = {}) =>
    fetch(`${beseda.url}/telemetry/v1/events`, { method: 'POST', body, headers })
  const counted = async (kind: string): Promise<number> => {
    const line = new RegExp(`^beseda_client_events_total\\{kind="${kind}"\\} (\\d+)$`, 'm')
    return Number(line.exec(await beseda.metrics('gateway'))?.[1])
  }
  const events = (kind: string) => JSON.stringify({ events: [{ kind: `CLIENT_EVENT_KIND_${kind}`, source: 'test' }] })

  test('are counted by kind, with a token and without', async () => {
    expect(await counted('media_failed')).toBe(0)
    expect((await report(events('MEDIA_FAILED'))).status).toBe(202)
    const headers = { Authorization: `Bearer ${ann.tokens.accessToken}` }
    expect((await report(events('MEDIA_FAILED'), headers)).status).toBe(202)
    expect(await counted('media_failed')).toBe(2)
  })

  test.each([
    ['a body that is no report', '{', {}, 400],
    ['a token that is none', '{}', { Authorization: 'Bearer x' }, 401],
    ['more than 16 KB', ' '.repeat(16 * 1024 + 1), {}, 429],
  ])('refuse %s', async (_, body, headers, status) => {
    expect((await report(body, headers)).status).toBe(status)
  })

  test('without a token are limited over all networks, and leave the reports of people alone', async () => {
    const many = JSON.stringify({ events: Array.from({ length: 32 }, () => ({ kind: 'CLIENT_EVENT_KIND_STARTED' })) })
    const statuses = []
    for (let i = 0; i < 25; i++) statuses.push((await report(many, { 'X-Forwarded-For': `203.0.113.${i}` })).status)
    expect(statuses.slice(0, 15)).not.toContain(429)
    expect(statuses).toContain(429)
    const headers = { 'X-Forwarded-For': '203.0.113.99', Authorization: `Bearer ${ann.tokens.accessToken}` }
    expect((await report(many, headers)).status).toBe(202)
  })

  test('are limited by person and by network', async () => {
    const bob = await Person.register(beseda.url)
    const send = (address: string, token?: string) =>
      report('{}', { 'X-Forwarded-For': address, ...(token ? { Authorization: `Bearer ${token}` } : {}) })
    const byPerson = []
    for (let i = 0; i < 15; i++) byPerson.push((await send(`192.0.2.${i}`, bob.tokens.accessToken)).status)
    expect(byPerson).toContain(429)
    const byNetwork = []
    for (let i = 0; i < 70; i++) byNetwork.push((await send('198.51.100.1')).status)
    expect(byNetwork).toContain(429)
  })
})

describe('a calendar', () => {
  const call = async (method: string, body: object) => {
    const headers = { Authorization: `Bearer ${ann.tokens.accessToken}`, 'Content-Type': 'application/json' }
    const path = `/api/beseda.group.v1.ScheduleService/${method}`
    const answer = await fetch(`${beseda.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
    return (await answer.json()) as { token: string }
  }
  const offer = async () => `/calendar/${(await call('OfferCalendarFeed', { commandId: newId() })).token}.ics`

  test('is read by its link alone, and is not sent again while nothing has changed', async () => {
    const path = await offer()
    const first = await get(path)
    expect(first.headers.get('content-type')).toBe('text/calendar; charset=utf-8')
    expect(first.headers.get('cache-control')).toBe('private, max-age=300')
    expect(first.headers.get('set-cookie')).toBeNull()
    expect(await first.text()).toMatch(/^BEGIN:VCALENDAR\r\n/)
    const etag = first.headers.get('etag') ?? ''
    expect((await get(path, 'GET', { 'If-None-Match': etag })).status).toBe(304)
    expect((await get(path, 'GET', { 'If-None-Match': '"other"' })).status).toBe(200)
    const headed = await get(path, 'HEAD')
    expect([headed.status, headed.headers.get('etag'), await headed.text()]).toEqual([200, etag, ''])
  })

  test('is not there under a link that was replaced, revoked, or never made', async () => {
    const first = await offer()
    const second = await offer()
    expect((await get(first)).status).toBe(404)
    expect((await get(second)).status).toBe(200)
    await call('RevokeCalendarFeed', { commandId: newId() })
    for (const path of [
      second,
      `/calendar/${'x'.repeat(22)}.ics`,
      '/calendar/',
      '/calendar/x.ics',
      second.slice(0, -4),
    ])
      expect((await get(path)).status, path).toBe(404)
  })

  test('is read some times a minute', async () => {
    const path = await offer()
    const statuses = await Promise.all(Array.from({ length: 40 }, async () => (await get(path)).status))
    expect(statuses.filter((status) => status === 200).length).toBeLessThan(40)
    expect(new Set(statuses)).toEqual(new Set([200, 429]))
  })
})
