import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CalendarFailure } from '@beseda/proto/notify/v1/calendar_service'
import { accepts, type CalendarAnswer, type CalendarQuestion, freePort, TestCalendarServer } from '@beseda/testkit'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, type TestContext, test, vi } from 'vitest'
import { CalendarFailed } from '../../application/calendar-ports.js'
import { CaldavServers } from './caldav-servers.js'
import { CalendarRequests } from './requests.js'

const UID = '01900000-0000-8000-8000-000000000001'
const objectOf = (title: string, uid = UID) =>
  [
    ...['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//Test//EN', 'BEGIN:VEVENT', `UID:${uid}@beseda`],
    ...['DTSTAMP:20261130T000000Z', 'DTSTART:20270301T100000Z', `SUMMARY:${title}`, 'END:VEVENT', 'END:VCALENDAR', ''],
  ].join('\r\n')
const outcomeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'done',
    (error: unknown) => (error instanceof CalendarFailed ? CalendarFailure[error.reason] : error),
  )

describe('a calendar server', () => {
  let server: TestCalendarServer
  let url: string
  beforeEach(async () => {
    server = await TestCalendarServer.start()
    url = new URL('/ann/calls/', server.url).href
  })
  afterEach(() => server.stop())
  const client = (more = {}) => new CaldavServers({ trustedHosts: [server.host], ...more })
  const write = (title = 'Chess', more = {}) => client(more).write({ url, uid: UID }, objectOf(title), server.signIn)
  const remove = () => client().remove({ url, uid: UID }, server.signIn)

  test('tells the calendars of whoever signs in, from its first page, and none that are for tasks alone', async () => {
    server.add('tasks', 'Tasks', 'VTODO')
    const second = server.add('home', 'Дом &amp; сад')
    expect(await client().find(server.url, server.signIn)).toEqual([
      { url, name: 'Calls' },
      { url: second, name: 'Дом & сад' },
    ])
    expect(await client().find(url, server.signIn)).toEqual([{ url, name: 'Calls' }])
    expect(await client().open(url, server.signIn)).toEqual({ url, name: 'Calls' })
    expect(await outcomeOf(client().open(server.url, server.signIn))).toBe('NOT_FOUND')
  })

  test('an event is written, changed whatever another program has made of it, and removed', async () => {
    await write()
    expect(server.texts()).toEqual([objectOf('Chess')])
    server.put(`${UID}.ics`, objectOf('Chess, with an alarm'))
    await write('Go')
    expect(server.texts()).toEqual([objectOf('Go')])
    await remove()
    await remove()
    expect(server.texts()).toEqual([])
    // What the person has removed there is written again when the call changes.
    await write('Go again')
    expect(server.texts()).toEqual([objectOf('Go again')])
  })

  test('what is not ours is neither changed nor removed', async () => {
    server.put(`${UID}.ics`, objectOf('Dentist', 'another'))
    expect(await outcomeOf(write())).toBe('FORBIDDEN')
    expect(await outcomeOf(remove())).toBe('done')
    expect(server.texts()).toEqual([objectOf('Dentist', 'another')])
  })

  test('what is changed there while we write is looked at again, and not for ever', async () => {
    let times = 1
    server.interfere = ({ method }) => {
      if (method === 'PUT' && times-- > 0) server.put(`${UID}.ics`, objectOf('of another program'))
      return undefined
    }
    await write()
    expect(server.texts()).toEqual([objectOf('Chess')])
    times = Number.POSITIVE_INFINITY
    expect(await outcomeOf(write('Go'))).toBe('CONFLICT')
    expect(server.texts()).toEqual([objectOf('of another program')])
  })

  const only = (method: string, answer: CalendarAnswer) => (question: CalendarQuestion) =>
    question.method === method ? answer : undefined
  test.each<[string, string, CalendarAnswer, string]>([
    ['refuses the password', 'GET', { status: 401 }, 'CREDENTIALS'],
    ['refuses to write', 'PUT', { status: 403 }, 'FORBIDDEN'],
    ['has another event of that id', 'PUT', { status: 409 }, 'CONFLICT'],
    ['has no place for that event', 'PUT', { status: 404 }, 'CONFLICT'],
    ['is full', 'PUT', { status: 507 }, 'NO_ROOM'],
    ['takes nothing that large', 'PUT', { status: 413 }, 'FORBIDDEN'],
    ['is busy', 'PUT', { status: 503 }, 'BUSY'],
    ['fails', 'PUT', { status: 500 }, 'BAD_ANSWER'],
    ['has no entity tags', 'GET', { status: 200, body: objectOf('Chess') }, 'BAD_ANSWER'],
    ['answers too much', 'GET', { status: 200, body: 'x'.repeat(1_000_000) }, 'BAD_ANSWER'],
    ['answers compressed', 'GET', { status: 200, headers: { 'content-encoding': 'gzip' } }, 'BAD_ANSWER'],
    ['sees us reset a form', 'GET', { status: 205 }, 'BAD_ANSWER'],
    ['leads elsewhere', 'GET', { status: 302, headers: { location: 'https://evil.example/' } }, 'BAD_ANSWER'],
    ['leads to a private address', 'PUT', { status: 307, headers: { location: 'http://10.0.0.1/' } }, 'BAD_ANSWER'],
    ['leads in a circle', 'GET', { status: 302, headers: { location: '?' } }, 'BAD_ANSWER'],
  ])('one that %s is told as what it is', async (_, method, answer, failure) => {
    server.interfere = only(method, answer)
    expect(await outcomeOf(write())).toBe(failure)
    expect(server.texts()).toEqual([])
  })

  test('one that has lost the calendar is asked for it before that is told', async () => {
    server.calendars.clear()
    expect(await outcomeOf(write())).toBe('NOT_FOUND')
    expect(server.asked.map(({ method }) => method)).toEqual(['GET', 'PUT', 'PROPFIND'])
    server.asked.length = 0
    server.add('calls', 'Calls')
    server.interfere = only('PUT', { status: 409 })
    expect(await outcomeOf(write())).toBe('CONFLICT')
    // Another try would find the same.
    expect(server.asked.map(({ method }) => method)).toEqual(['GET', 'PUT', 'PROPFIND'])
  })

  test('one that never answers is given up', async () => {
    server.interfere = () => 'hang'
    expect(await outcomeOf(write('Chess', { timeoutMs: 200 }))).toBe('UNREACHABLE')
    expect(await outcomeOf(client({ timeoutMs: 200 }).find(server.url, server.signIn))).toBe('UNREACHABLE')
  })

  test.each<[string, CalendarAnswer, string]>([
    ['asks for another password', { status: 401 }, 'CREDENTIALS'],
    [
      'has a page for people',
      { status: 200, headers: { 'content-type': 'text/html' }, body: '<p>hi</p>' },
      'NOT_FOUND',
    ],
    [
      'writes XML that ends in the middle',
      { status: 207, headers: { 'content-type': 'text/xml' }, body: '<d:multistatus xmlns:d="DAV:"><d:response>' },
      'BAD_ANSWER',
    ],
    [
      'answers more than a hundred calendars need',
      { status: 207, headers: { 'content-type': 'text/xml' }, body: `<a>${' '.repeat(70_000)}</a>` },
      'BAD_ANSWER',
    ],
    [
      'has a status that is none',
      {
        status: 207,
        headers: { 'content-type': 'text/xml' },
        body: '<multistatus><response><status><toString/><valueOf/></status></response></multistatus>',
      },
      'BAD_ANSWER',
    ],
  ])('no calendars are found at one that %s', async (_, answer, failure) => {
    server.interfere = () => answer
    expect(await outcomeOf(client().find(server.url, server.signIn))).toBe(failure)
  })

  // The larger ones would keep the reader for minutes, in which nothing else is done.
  test.each<[string, readonly number[], (times: number) => string]>([
    ['closes what was never opened', [100, 40_000, 70_000], (times) => `${'<a>'.repeat(times)}${'</b>'.repeat(times)}`],
    [
      'has a name of its own for each text',
      [201, 4_000, 30_000],
      (times) => `<a>${Array.from({ length: times }, (_, i) => `<a${i}>x</a${i}>`).join('')}</a>`,
    ],
  ])('XML that %s is not read', async (_, sizes, bomb) => {
    for (const size of sizes) {
      const body = bomb(size)
      server.interfere = () => ({ status: 207, headers: { 'content-type': 'Text/XML; charset=utf-8' }, body })
      expect(await outcomeOf(client().open(url, server.signIn))).toBe('BAD_ANSWER')
      expect(await outcomeOf(client().find(server.url, server.signIn))).toBe('BAD_ANSWER')
    }
  })

  test.each<[string, (host: string) => string]>([
    ['on a server of somebody else', () => 'https://evil.example/ann/'],
    ['on another port', () => 'http://127.0.0.1:1/ann/'],
    ['on a host that only looks as this one', () => 'http://127.0.0.1.evil.example/ann/'],
    ['without a scheme for requests', () => 'mailto:ann@example.org'],
    ['with a user name', (host) => `http://ann@${host}/ann/`],
    ['with a question', () => '/ann/?calendar'],
    ['with a fragment', () => '/ann/#calendar'],
    ['longer than can be connected', () => `/ann/${'x'.repeat(1_010)}/`],
  ])('a calendar %s is none: the password would go there', async (_, address) => {
    const body = `<d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav"><d:response>
      <d:href>${address(server.host)}</d:href><d:propstat><d:prop><d:resourcetype><c:calendar/></d:resourcetype></d:prop>
      <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response></d:multistatus>`
    const answer = { status: 207, headers: { 'content-type': 'text/xml' }, body }
    server.interfere = ({ path, headers }) => (path === '/ann/' && headers.depth === '1' ? answer : undefined)
    expect(await outcomeOf(client().find(server.url, server.signIn))).toBe('NOT_FOUND')
    server.interfere = () => answer
    expect(await outcomeOf(client().find(url, server.signIn))).toBe('BAD_ANSWER')
    expect(await outcomeOf(client().open(url, server.signIn))).toBe('BAD_ANSWER')
  })

  test('the password is sent to no private address, not without TLS, and to nobody but the operator has named', async () => {
    const closed = new CaldavServers({ trustedHosts: [] })
    expect(await outcomeOf(closed.find(server.url, server.signIn))).toBe('INSECURE')
    const secure = `https://${server.host}/`
    expect(await outcomeOf(closed.find(secure, server.signIn))).toBe('UNREACHABLE')
    const byName = new CaldavServers({ trustedHosts: [], resolve: async () => ['10.0.0.1'] })
    expect(await outcomeOf(byName.find('https://calendar.example/', server.signIn))).toBe('UNREACHABLE')
    expect(server.asked).toEqual([])
  })

  test('what was typed with TLS leads to nothing without it, also where the operator has named the host', async () => {
    const requests = new CalendarRequests(new URL(`https://${server.host}/`), server.signIn, {
      trustedHosts: [server.host],
    })
    expect(requests.isHome(url)).toBe(false)
    expect(await outcomeOf(requests.ask(url, {}))).toBe('INSECURE')
    expect(server.asked).toEqual([])
  })
})

/** `PYTHON`: one that has Radicale. */
const PYTHON = process.env.PYTHON || 'python3'
const hasRadicale = spawnSync(PYTHON, ['-c', 'import radicale']).status === 0
if (!hasRadicale) console.log("Python's radicale is not here: our CalDAV client is not tried with it.")

describe('Radicale', () => {
  beforeEach(((context: TestContext) => context.skip(!hasRadicale, "Python's radicale is not here")) as () => void)
  const folder = mkdtempSync(join(tmpdir(), 'radicale-'))
  const signIn = { userName: 'ann', password: 'any' }
  let server: ChildProcess | undefined
  let host: string
  const ask = (method: string, path: string, body?: string) =>
    fetch(`http://${host}${path}`, {
      method,
      headers: { authorization: `Basic ${btoa('ann:any')}` },
      ...(body === undefined ? {} : { body }),
    })
  beforeAll(async () => {
    if (!hasRadicale) return
    const port = await freePort()
    host = `127.0.0.1:${port}`
    const storage = ['--storage-filesystem-folder', folder, '--auth-type', 'none', '--rights-type', 'authenticated']
    server = spawn(PYTHON, ['-m', 'radicale', '--server-hosts', host, ...storage], { stdio: 'ignore' })
    await vi.waitFor(async () => expect(await accepts(port)).toBe(true))
    expect((await ask('MKCALENDAR', '/ann/calls/')).status).toBe(201)
  })
  afterAll(() => {
    server?.kill()
    rmSync(folder, { recursive: true, force: true })
  })

  test('tells its calendars, takes an event, its change and its end', async () => {
    const client = new CaldavServers({ trustedHosts: [host] })
    const [calendar] = await client.find(`http://${host}/`, signIn)
    expect(calendar?.url).toBe(`http://${host}/ann/calls/`)
    const place = { url: calendar?.url ?? '', uid: UID }
    const kept = async () => (await ask('GET', `/ann/calls/${UID}.ics`)).text()
    await client.write(place, objectOf('Chess'), signIn)
    await client.write(place, objectOf('Шахматы'), signIn)
    expect(await kept()).toContain('SUMMARY:Шахматы')
    await client.remove(place, signIn)
    expect((await ask('GET', `/ann/calls/${UID}.ics`)).status).toBe(404)
  })
})
