import { AnswerRefused, OutboundRefused, type Resolve, requestOutside } from '@beseda/platform'
import { CalendarFailure } from '@beseda/proto/notify/v1/calendar_service'
import { CalendarFailed, type CalendarSignIn } from '../../application/calendar-ports.js'

/** All requests for one thing that is done there. Longer: whoever has asked for it is told that nobody answers (after ten seconds). */
const TIMEOUT_MS = 8_000
/** Largest answer that is read: one event, which somebody may have added pictures to. */
const MAX_BYTES = 512 * 1_024
/** A list of calendars, which is read with more effort. */
const MAX_LIST_BYTES = 64 * 1_024
const MAX_REDIRECTS = 3
/** Requests of one search for calendars: more than a server needs that answers sensibly. */
const MAX_REQUESTS = 20
/** Answers that have no body. */
const EMPTY = new Set([204, 304])

export interface CalendarGuard {
  /** Hosts that the operator has named, with their ports: they may have private addresses, and do without TLS. */
  readonly trustedHosts: readonly string[]
  readonly resolve?: Resolve
  /** Less than usual; for tests. */
  readonly timeoutMs?: number
}

export interface Ask {
  readonly method?: string | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
  /** `manual`: a redirect is an answer as any other. */
  readonly redirect?: string | undefined
}

/**
 * Requests to one calendar server, with what signs in there. The first address says whose server it is: the password is sent nowhere else, to
 * whatever address the server leads. Errors of `ask`: CalendarFailed.
 */
export class CalendarRequests {
  #asked = 0
  readonly #until: number

  constructor(
    private readonly home: URL,
    private readonly signIn: CalendarSignIn,
    private readonly guard: CalendarGuard,
  ) {
    this.#until = performance.now() + (guard.timeoutMs ?? TIMEOUT_MS)
  }

  async ask(address: string | URL, ask: Ask): Promise<Response> {
    let url = new URL(String(address), this.home)
    for (let redirects = 0; ; redirects++) {
      const answer = await this.#once(url, ask)
      const location = answer.headers.get('location')
      if (answer.status < 300 || answer.status >= 400 || location === null || ask.redirect === 'manual') return answer
      if (redirects === MAX_REDIRECTS || !URL.canParse(location, url.href)) throw failed(CalendarFailure.BAD_ANSWER)
      url = new URL(location, url)
    }
  }

  /** Whether what signs in may be sent to an address. */
  isHome(address: string): boolean {
    return this.#refusal(new URL(address)) === undefined
  }

  /** Why what signs in is not sent to an address; undefined: it is. */
  #refusal(url: URL): CalendarFailure | undefined {
    if (!isSameSite(url, this.home)) return CalendarFailure.BAD_ANSWER
    if (url.protocol === 'https:') return undefined
    // Whoever has typed https means it, also where the operator would allow less.
    const isOpen = url.protocol === 'http:' && this.home.protocol === 'http:' && this.#isTrusted(url)
    return isOpen ? undefined : CalendarFailure.INSECURE
  }

  #isTrusted({ host }: URL): boolean {
    return this.guard.trustedHosts.includes(host)
  }

  async #once(url: URL, { method = 'GET', headers = {}, body }: Ask): Promise<Response> {
    if (++this.#asked > MAX_REQUESTS) throw failed(CalendarFailure.BAD_ANSWER)
    const refusal = this.#refusal(url)
    if (refusal !== undefined) throw failed(refusal)
    const { userName, password } = this.signIn
    const authorization = `Basic ${Buffer.from(`${userName}:${password}`).toString('base64')}`
    try {
      const answer = await requestOutside(url, {
        ...{ method, headers: { ...headers, authorization }, trusted: this.#isTrusted(url) },
        ...(body === undefined ? {} : { body: Buffer.from(body) }),
        ...{
          maxBytes: method === 'PROPFIND' ? MAX_LIST_BYTES : MAX_BYTES,
          timeoutMs: Math.max(0, this.#until - performance.now()),
        },
        ...(this.guard.resolve ? { resolve: this.guard.resolve } : {}),
      })
      return responseOf(answer)
    } catch (error) {
      if (error instanceof CalendarFailed) throw error
      const isSilent = error instanceof OutboundRefused && !(error instanceof AnswerRefused)
      // Whatever else comes of an answer is its server's doing, and no failure of ours.
      throw failed(isSilent ? CalendarFailure.UNREACHABLE : CalendarFailure.BAD_ANSWER)
    }
  }
}

export const failed = (reason: CalendarFailure): CalendarFailed => new CalendarFailed(reason)

/** The same host, or one beside it or below: large providers keep people on many (`p01-caldav.example.org`). */
function isSameSite(url: URL, home: URL): boolean {
  if (url.host === home.host) return true
  const siteOf = ({ hostname }: URL) => hostname.split('.').slice(-2).join('.')
  const isName = ({ hostname }: URL) => /\.[a-z][a-z0-9-]*$/.test(hostname)
  return isName(url) && isName(home) && url.port === home.port && siteOf(url) === siteOf(home)
}

function responseOf({ status, headers, body }: Awaited<ReturnType<typeof requestOutside>>): Response {
  // 205 is for forms.
  if (status < 200 || status > 599 || status === 205) throw failed(CalendarFailure.BAD_ANSWER)
  const given = Object.entries(headers).flatMap(([name, value]): [string, string][] =>
    typeof value === 'string' ? [[name, value]] : [],
  )
  return new Response(EMPTY.has(status) ? null : Uint8Array.from(body), { status, headers: given })
}

/** Why an answer is none that was asked for; undefined: it is. */
export function failureOf(status: number): CalendarFailure | undefined {
  if (status >= 200 && status < 300) return undefined
  return FAILURES.get(status) ?? CalendarFailure.BAD_ANSWER
}

const FAILURES: ReadonlyMap<number, CalendarFailure> = new Map([
  [401, CalendarFailure.CREDENTIALS],
  [403, CalendarFailure.FORBIDDEN],
  [404, CalendarFailure.NOT_FOUND],
  [409, CalendarFailure.CONFLICT],
  [410, CalendarFailure.NOT_FOUND],
  [412, CalendarFailure.CONFLICT],
  // It takes others: as where a server says so with 403 (RFC 4791, 5.3.2.1).
  [413, CalendarFailure.FORBIDDEN],
  [423, CalendarFailure.BUSY],
  [429, CalendarFailure.BUSY],
  [503, CalendarFailure.BUSY],
  [507, CalendarFailure.NO_ROOM],
])
