import { type Cursor, CursorSchema, type Ready } from '@beseda/proto/gateway/v1/frames'
import { IdentityService } from '@beseda/proto/identity/v1/identity_service'
import { fromJson, type JsonValue, toJson } from '@bufbuild/protobuf'
import { type Api, apiOf, requestOf } from './api.js'
import { Caller } from './caller.js'
import { fixedToken, type LinkCredentials, type Session, SessionTokens } from './credentials.js'
import { closedError } from './errors.js'
import type { BesedaEvent } from './events.js'
import { idFrom } from './ids.js'
import { Inbox } from './inbox.js'
import { Link } from './link.js'
import { Positions } from './positions.js'

/** How long a call is tried while the server is away. Shorter: a restart of the server fails calls; longer: a program waits in vain. */
const PATIENCE_MS = 60_000

export interface BesedaOptions {
  /** Address of the installation, as in `https://chat.example.org`. */
  readonly url: string
  /** Token of a bot. Give this, or `session`, or neither for the methods that anybody may call. */
  readonly token?: string
  readonly session?: Session
  /** What `positions()` said in an earlier run: events go on from there. Without it they begin now. */
  readonly positions?: string
  /** How long a call is repeated while the server does not answer or has too many, ms. */
  readonly patienceMs?: number
}

/** A client of one installation: every method of the contract by its service, and what happens as an asynchronous iteration. */
export class Beseda {
  /** Every method: `api.group.postMessage({…})`. Errors: BesedaError. */
  readonly api: Api
  readonly #options: BesedaOptions
  readonly #closing = new AbortController()
  readonly #caller: Caller
  readonly #credentials: LinkCredentials
  readonly #positions: Positions
  readonly #inbox: Inbox
  readonly #link: Link
  #ready: Ready | undefined
  #isStarted = false

  constructor(options: BesedaOptions) {
    this.#options = { ...options, url: options.url.replace(/\/+$/, '') }
    const { url, patienceMs = PATIENCE_MS } = this.#options
    const parts = { url, patienceMs, closed: this.#closing.signal }
    this.#credentials = options.session ? this.#sessionTokens(options.session, parts) : fixedToken(options.token)
    this.#caller = new Caller({ ...parts, credentials: this.#credentials })
    this.api = apiOf((method, request, call) => this.#caller.call(method, request, call))
    const cursors = cursorsIn(options.positions)
    this.#positions = new Positions(cursors)
    this.#link = this.#makeLink()
    this.#inbox = new Inbox(cursors ?? [], { full: () => this.#link.stop(), emptier: () => this.#link.start() })
  }

  /** Who the client is, once it is connected; empty before. */
  get userId(): string {
    return this.#ready?.userId ?? ''
  }

  /**
   * What happens, in order, each event once: the next one comes when the one before has been handled. Connects with the first call. Ends with
   * `close()`; throws a BesedaError when the server does not want this client any more.
   */
  async *events(): AsyncGenerator<BesedaEvent, void, void> {
    if (!this.#isStarted && !this.#closing.signal.aborted) this.#link.start()
    this.#isStarted = true
    for (;;) {
      const event = await this.#inbox.next()
      if (!event) return
      yield event
    }
  }

  /** Up to where all events have been handled, to be kept and given to a later run. */
  positions(): string {
    return JSON.stringify(this.#inbox.handled.map((cursor) => toJson(CursorSchema, cursor)))
  }

  /**
   * An id that is the same for the same parts, also in a later run; nobody without the bot's token can guess it. With `idFor('answer', message.messageId)` as its
   * id, an answer is posted once whatever ends in between.
   */
  idFor(...parts: readonly string[]): Promise<string> {
    return idFrom(this.#options.token ?? this.userId, parts)
  }

  /** Ends the connection, the iteration, and every call that waits. What was being handled counts as not handled. */
  close(): void {
    this.#link.stop()
    this.#inbox.close()
    this.#closing.abort(closedError())
  }

  #makeLink(): Link {
    const openSocket = () => new WebSocket(`${this.#options.url.replace(/^http/, 'ws')}/ws`, 'beseda.v1')
    const parts = { openSocket, credentials: this.#credentials, random: Math.random }
    return new Link(parts, {
      cursors: () => this.#positions.cursors(),
      take: (frame) => {
        if (frame.case === 'ready') this.#ready = frame.value
        const steps = this.#positions.take(frame)
        if (steps === 'gap') return false
        for (const step of steps) this.#inbox.put(step)
        return true
      },
      interrupted: (code, retryInMs) => this.#inbox.put({ events: [{ kind: 'interrupted', code, retryInMs }] }),
      stopped: (error) => this.#inbox.fail(error),
    })
  }

  #sessionTokens(session: Session, parts: Omit<ConstructorParameters<typeof Caller>[0], 'credentials'>): SessionTokens {
    const anonymous = new Caller({ ...parts, credentials: fixedToken(undefined) })
    const { refreshToken: method } = IdentityService.method
    return new SessionTokens(session, async (refreshToken) => {
      return (await anonymous.call(method, requestOf(method, { refreshToken }))).tokens
    })
  }
}

function cursorsIn(positions: string | undefined): Cursor[] | undefined {
  if (positions === undefined) return undefined
  return (JSON.parse(positions) as JsonValue[]).map((one) => fromJson(CursorSchema, one))
}
