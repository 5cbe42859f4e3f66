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
import type { Credentials } from './caller.js'
import { BesedaError } from './errors.js'

/** The part of a WebSocket that is used. */
export type Socket = Pick<WebSocket, 'binaryType' | 'send' | 'close' | 'onopen' | 'onmessage' | 'onclose'>

/** A connection that does not open, or says nothing after a Ping, is given up after this time. */
const [OPEN_MS, SILENCE_MS] = [15_000, 10_000]
/** Until the gateway has said how often to send a Ping. */
const PING_MS = 15_000
/** A token is renewed so long before it expires. */
const RENEW_BEFORE_MS = 60_000
/** The code of a connection that was lost without a close, and the codes with which this side closes: for good, and to resume. */
const [LOST, NORMAL, RESUME] = [1006, 1000, 3000]

export interface LinkParts {
  readonly openSocket: () => Socket
  readonly credentials: Credentials & {
    /** When the token has to be renewed on an open connection, ms from now; undefined: never. */
    expiresInMs(): number | undefined
  }
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

/** The socket: connects, sends Hello with the cursors, and connects again as the close code requires. */
export class Link {
  #socket: Socket | undefined
  #isReady = false
  #attempt = 0
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
      // Whoever cannot renew the token because nobody answers tries again; a refusal is for good.
      if (error instanceof BesedaError && error.reason !== ErrorReason.UNAVAILABLE) this.#end(error)
      else this.#later(LOST)
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
    if (frame.case === 'live') this.#attempt = 0
    // The gateway leaves: at that moment another one is asked for what is missing.
    if (frame.case === 'reconnect') this.#set('leave', frame.value.afterMs, () => this.#resume())
    if (!this.listener.take(frame)) this.#resume()
  }

  /** Silence is broken by a Ping; without any answer the connection is dead. */
  #beat(): void {
    this.#set('beat', this.#pingMs, () => {
      this.send({ case: 'ping', value: {} } as ClientFrame['frame'])
      this.#set('beat', SILENCE_MS, () => this.#later(LOST))
    })
  }

  #planRenewal(): void {
    const ms = this.parts.credentials.expiresInMs()
    if (ms !== undefined) this.#set('renew', Math.max(1_000, ms - RENEW_BEFORE_MS), () => void this.#renew(this.#turn))
  }

  async #renew(turn: number): Promise<void> {
    try {
      const accessToken = await this.parts.credentials.access()
      if (turn !== this.#turn || accessToken === undefined) return
      this.#token = accessToken
      this.send({ case: 'authenticate', value: { accessToken } } as ClientFrame['frame'])
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

  /** The connection has ended: its close code decides what follows. */
  #later(code: number): void {
    this.#forget()?.close(NORMAL)
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
    this.listener.interrupted(code, after.delayMs)
    this.#set('retry', after.delayMs, () => void this.#connect())
  }

  #forget(): Socket | undefined {
    this.#turn++
    const socket = this.#socket
    this.#socket = undefined
    this.#isReady = false
    for (const timer of this.#timers.values()) clearTimeout(timer)
    return socket
  }

  #end(error: BesedaError): void {
    this.stop()
    this.listener.stopped(error)
  }
}
