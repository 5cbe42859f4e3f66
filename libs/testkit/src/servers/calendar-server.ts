import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'

/** An answer in place of the usual one; `hang`: none at all. */
export type CalendarAnswer =
  | 'hang'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string }

export interface CalendarQuestion {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

interface KeptEvent {
  readonly text: string
  readonly etag: string
}

const USER = 'ann'
const PASSWORD = 'app password'

/**
 * A stand-in for a CalDAV server (RFC 4791): one person, some calendars, events with entity tags. It does what our client asks for, and any
 * other answer that a test wants; what a real one does is tried with Radicale.
 */
export class TestCalendarServer {
  readonly signIn = { userName: USER, password: PASSWORD }
  /** By the path of the calendar: its events by their names. */
  readonly calendars = new Map<
    string,
    { readonly name: string; readonly kind: string; events: Map<string, KeptEvent> }
  >()
  readonly asked: CalendarQuestion[] = []
  /** Looks at each request; undefined: it is answered as usual. */
  interfere: (question: CalendarQuestion) => CalendarAnswer | undefined = () => undefined
  #changes = 0

  private constructor(
    private readonly server: Server,
    readonly host: string,
  ) {}

  static async start(): Promise<TestCalendarServer> {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const service = new TestCalendarServer(server, `127.0.0.1:${(server.address() as AddressInfo).port}`)
    service.add('calls', 'Calls')
    server.on('request', async (request, response) => {
      const chunks: Buffer[] = []
      for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk)
      const { method = '', url: path = '', headers } = request
      const answer = service.#answer({ method, path, headers, body: Buffer.concat(chunks).toString() })
      if (answer === 'hang') return
      response.writeHead(answer.status, answer.headers).end(answer.body)
    })
    return service
  }

  get url(): string {
    return `http://${this.host}/`
  }

  add(id: string, name: string, kind = 'VEVENT'): string {
    const path = `/${USER}/${id}/`
    this.calendars.set(path, { name, kind, events: new Map() })
    return new URL(path, this.url).href
  }

  /** The texts of all events of a calendar. */
  texts(id = 'calls'): readonly string[] {
    return [...(this.calendars.get(`/${USER}/${id}/`)?.events.values() ?? [])].map(({ text }) => text)
  }

  /** As another program changes an event, or puts one there. */
  put(name: string, text: string, id = 'calls'): void {
    this.calendars.get(`/${USER}/${id}/`)?.events.set(name, { text, etag: `"${++this.#changes}"` })
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections()
    await new Promise((resolve) => this.server.close(resolve))
  }

  #answer(question: CalendarQuestion): CalendarAnswer {
    this.asked.push(question)
    const other = this.interfere(question)
    if (other) return other
    const { method, path, headers } = question
    if (path === '/.well-known/caldav') return { status: 301, headers: { location: '/dav/' } }
    const expected = `Basic ${Buffer.from(`${USER}:${PASSWORD}`).toString('base64')}`
    if (headers.authorization !== expected) return { status: 401 }
    return method === 'PROPFIND' ? this.#describe(path, headers.depth === '1') : this.#change(question)
  }

  #describe(path: string, deep: boolean): CalendarAnswer {
    const described = [path, ...(deep ? this.calendars.keys() : [])].map((one) => {
      const calendar = this.calendars.get(one)
      const kind = calendar
        ? `<d:collection/><c:calendar/></d:resourcetype><d:displayname>${calendar.name}</d:displayname>
           <c:supported-calendar-component-set><c:comp name="${calendar.kind}"/></c:supported-calendar-component-set>`
        : `<d:collection/></d:resourcetype><d:current-user-principal><d:href>/${USER}/</d:href></d:current-user-principal>
           <c:calendar-home-set><d:href>/${USER}/</d:href></c:calendar-home-set>`
      return `<d:response><d:href>${one}</d:href><d:propstat><d:prop><d:resourcetype>${kind}</d:prop>
        <d:status>HTTP/1.1 200 OK</d:status></d:propstat></d:response>`
    })
    const isThere = ['/', '/dav/', `/${USER}/`].includes(path) || this.calendars.has(path)
    if (!isThere) return { status: 404 }
    const body = `<?xml version="1.0"?><d:multistatus xmlns:d="DAV:" xmlns:c="urn:ietf:params:xml:ns:caldav">
      ${described.join('')}</d:multistatus>`
    return { status: 207, headers: { 'content-type': 'application/xml' }, body }
  }

  #change({ method, path, headers, body }: CalendarQuestion): CalendarAnswer {
    const at = path.lastIndexOf('/') + 1
    const [folder, name] = [path.slice(0, at), path.slice(at)]
    const events = this.calendars.get(folder)?.events
    if (!events) return { status: method === 'PUT' ? 409 : 404 }
    const present = events.get(name)
    const { 'if-match': match, 'if-none-match': none } = headers
    if ((match !== undefined && match !== present?.etag) || (none === '*' && present)) return { status: 412 }
    if (method === 'PUT') {
      this.put(name, body, folder.split('/').at(-2))
      return { status: present ? 204 : 201 }
    }
    if (!present) return { status: 404 }
    if (method === 'DELETE') events.delete(name)
    return method === 'DELETE' ? { status: 204 } : { status: 200, headers: { etag: present.etag }, body: present.text }
  }
}
