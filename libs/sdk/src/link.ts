import { afterClose } from '@beseda/client-protocol'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import {
  type ClientFrame,
  ClientFrameSchema,
  type Cursor,
  type ServerFrame,
  ServerFrameSchema,
} from '@beseda/proto/gateway/v1/frames'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import type { LinkCredentials } from './credentials.js'
import { BesedaError } from './errors.js'

/** The part of a WebSocket that is used. */
export type Socket = Pick<WebSocket, 'binaryType' | 'send' | 'close' | 'onopen' | 'onmessage' | 'onclose'>

/** A connection that does not open, or says nothing after a Ping, is given up after this time. */
const [OPEN_MS, SILENCE_MS] = [15_000, 10_000]
/** Until the gateway has said how often to send a Ping. */
const PING_MS = 15_000
/** A token that could not be renewed is asked for again after this time: some ten times while the old one lives. */
const RENEW_AGAIN_MS = 5_000
/** The code of a connection that was lost without a close, and the codes with which this side closes: for good, and to resume. */
const [LOST, NORMAL, RESUME] = [1006, 1000, 3000]

export interface LinkParts {
  readonly openSocket: () => Socket
  readonly credentials: LinkCredentials
  readonly random: () => number
}

export interface LinkListener {
  /** Called for every Hello. */
  cursors(): readonly Cursor[]
  /** False: something is missing, so the link resumes. */
  take(frame: ServerFrame['frame']): boolean
  interrupted(code: number, retryInMs: number): void
  /** The server does not want this client any more. */
  stopped(error: BesedaError): void
}

/** `retry`: the next attempt. `beat`: silence. `renew`: a new token. `leave`: the gateway shuts down. */
type Timer = 'retry' | 'beat' | 'renew' | 'leave'

/** Why a link stays closed, as a reason of the contract. */
const STOPPED = {
  'signed out': ErrorReason.UNAUTHENTICATED,
  elsewhere: ErrorReason.SESSION_REVOKED,
  outdated: ErrorReason.UNSPECIFIED,
} as const

/** Refusals after which no other try gets a token. Whatever else fails, such as a limit, a fault of the server, or keeping the tokens, is tried again. */
const FINAL: ReadonlySet<ErrorReason> = new Set([
  ErrorReason.UNAUTHENTICATED,
  ErrorReason.TOKEN_EXPIRED,
  ErrorReason.SESSION_REVOKED,
  ErrorReason.ACCOUNT_DISABLED,
  ErrorReason.INVALID_REQUEST,
])

/** The socket: connects, sends Hello with the cursors, and connects again as the close code requires. */
export class Link {
  #socket: Socket | undefined
  #isReady = false
  #isLive = false
  #attempt = 0
  /** In a row: since a commit came without one on a connection that was live. */
  #gaps = 0
  /** Of the running connection: what an earlier one still has to say counts no more. */
  #turn = 0
  #pingMs = PING_MS
  #token: string | undefined
  readonly #timers = new Map<Timer, ReturnType<typeof setTimeout>>()

  constructor(
    private readonly parts: LinkParts,
    private readonly listener: LinkListener,
  ) {}

  start(): void {
    this.stop()
    this.#attempt = 0
    void this.#connect()
  }

  /** Closes the connection; `start` resumes where it was. */
  stop(): void {
    this.#forget()?.close(NORMAL)
  }

  send(frame: ClientFrame['frame']): void {
    if (!this.#isReady) return
    this.#write({ frame })
  }

  #write(frame: Pick<ClientFrame, 'frame'>): void {
    this.#socket?.send(toBinary(ClientFrameSchema, create(ClientFrameSchema, frame)))
    this.#beat()
  }

  #set(name: Timer, ms: number, work: () => void): void {
    clearTimeout(this.#timers.get(name))
    this.#timers.set(name, setTimeout(work, ms))
  }

  async #connect(): Promise<void> {
    const turn = ++this.#turn
    try {
      const token = await this.parts.credentials.access()
      if (turn !== this.#turn) return
      if (token === undefined) this.#end(new BesedaError(ErrorReason.UNAUTHENTICATED))
      else this.#open(token, turn)
    } catch (error) {
      if (turn !== this.#turn) return
      if (error instanceof BesedaError && FINAL.has(error.reason)) this.#end(error)
      else this.#later(LOST, error instanceof BesedaError ? error.retryAfterMs : 0)
    }
  }

  #open(token: string, turn: number): void {
    const socket = this.parts.openSocket()
    this.#socket = socket
    this.#token = token
    socket.binaryType = 'arraybuffer'
    this.#set('beat', OPEN_MS, () => this.#later(LOST))
    const current = (work: () => void) => {
      if (turn === this.#turn) work()
    }
    socket.onopen = () =>
      current(() => {
        const value = { accessToken: token, cursors: [...this.listener.cursors()] }
        this.#write({ frame: { case: 'hello', value } } as Pick<ClientFrame, 'frame'>)
      })
    socket.onmessage = ({ data }) => current(() => this.#receive(new Uint8Array(data as ArrayBuffer)))
    socket.onclose = ({ code }) => current(() => this.#later(code))
  }

  #receive(bytes: Uint8Array): void {
    const { frame } = fromBinary(ServerFrameSchema, bytes)
    this.#beat()
    if (frame.case === 'ready') {
      this.#isReady = true
      this.#pingMs = frame.value.pingIntervalMs || PING_MS
      this.#planRenewal()
    }
    if (frame.case === 'live') {
      this.#isLive = true
      this.#attempt = 0
    }
    // The gateway leaves: at that moment another one is asked for what is missing.
    if (frame.case === 'reconnect') this.#set('leave', frame.value.afterMs, () => this.#resume())
    if (!this.listener.take(frame)) this.#gap()
    else if (frame.case === 'commit' && this.#isLive) this.#gaps = 0
  }

  /** What is missing is asked for at once; when it is missing again, with longer and longer waits, as after other faults. */
  #gap(): void {
    const gaps = this.#gaps++
    if (gaps === 0) {
      this.#resume()
      return
    }
    this.#attempt = Math.max(this.#attempt, gaps)
    this.#later(RESUME)
  }

  /** Silence is broken by a Ping; without any answer the connection is dead. */
  #beat(): void {
    this.#set('beat', this.#pingMs, () => {
      this.send({ case: 'ping', value: {} } as ClientFrame['frame'])
      this.#set('beat', SILENCE_MS, () => this.#later(LOST))
    })
  }

  #planRenewal(): void {
    const ms = this.parts.credentials.renewInMs()
    if (ms !== undefined) this.#set('renew', Math.max(RENEW_AGAIN_MS, ms), () => void this.#renew(this.#turn))
  }

  async #renew(turn: number): Promise<void> {
    try {
      const accessToken = await this.parts.credentials.access()
      if (turn !== this.#turn || accessToken === undefined) return
      if (accessToken !== this.#token)
        this.send({ case: 'authenticate', value: { accessToken } } as ClientFrame['frame'])
      this.#token = accessToken
    } catch {
      // The server is away: the next attempt, or the close with TOKEN_EXPIRED, asks again.
    }
    if (turn === this.#turn) this.#planRenewal()
  }

  #resume(): void {
    const socket = this.#forget()
    socket?.close(RESUME)
    void this.#connect()
  }

  /** The connection has ended: its close code decides what follows, not before `atLeastMs`. */
  #later(code: number, atLeastMs = 0): void {
    this.#forget()?.close(code === RESUME ? RESUME : NORMAL)
    const after = afterClose(code, this.#attempt++, this.parts.random())
    const { credentials } = this.parts
    if (after.kind === 'stop') {
      this.#end(new BesedaError(STOPPED[after.why], undefined, { cause: new Error(`close code ${code}`) }))
      return
    }
    if (after.refreshToken && this.#token !== undefined && !credentials.refused(this.#token)) {
      this.#end(new BesedaError(ErrorReason.TOKEN_EXPIRED))
      return
    }
    const delayMs = Math.max(after.delayMs, atLeastMs)
    this.listener.interrupted(code, delayMs)
    this.#set('retry', delayMs, () => void this.#connect())
  }

  #forget(): Socket | undefined {
    this.#turn++
    const socket = this.#socket
    this.#socket = undefined
    this.#isReady = this.#isLive = false
    for (const timer of this.#timers.values()) clearTimeout(timer)
    return socket
  }

  #end(error: BesedaError): void {
    this.stop()
    this.listener.stopped(error)
  }
}
