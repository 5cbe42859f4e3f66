import { afterClose } from '@beseda/client-protocol'
import { ClientFrameSchema, type Cursor, ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf'
import type { UnaryResponse } from '@connectrpc/connect'
import { fromWire, unavailable } from '../errors.js'
import { accessToken, expireAccessToken, session } from '../session.js'
import { ticksWhileHidden } from './ticks-while-hidden.js'
import { type Frame, type FrameValue, IDLE, type LinkState, type OutgoingFrame, type StopReason } from './wire.js'

const REQUEST_MS = 15_000
/** Without any frame for so long after a Ping the connection is taken for dead. */
const SILENCE_MS = 10_000
/** While the window is hidden; the gateway closes a socket that is silent for a minute. */
const HIDDEN_PING_MS = 20_000
/** Less than the margin in which a token is refreshed before use. */
const RENEW_BEFORE_MS = 50_000
/** During a call nobody waits for long: a second's silence is noticed. */
const EAGER_DELAY_MS = 400
const EAGER_OPEN_MS = 2_500

interface OpenRequest {
  resolve(payload: Uint8Array): void
  reject(error: unknown): void
}

export interface LinkListener {
  /** Asked for at every Hello. */
  cursors(): Cursor[]
  /** A frame, decoded and as it came. */
  frame(frame: Frame, bytes: Uint8Array): void
  state(state: LinkState): void
}

/** The one socket of a browser: opens, says Hello with cursors, comes back by itself, and carries calls while it is live. */
export class GatewayLink {
  /** Come back at once, and give up soon on what does not answer. */
  eager = false
  #state: LinkState = IDLE
  readonly #open = new Map<number, OpenRequest>()
  #socket: WebSocket | undefined
  #attempt = 0
  /** Which try to connect is under way: one that was called off while it waited for its token is not gone on with. */
  #turn = 0
  #lastId = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #ping: ReturnType<typeof setTimeout> | undefined
  #renewal: ReturnType<typeof setTimeout> | undefined
  #pingMs = 20_000

  constructor(private readonly listener: LinkListener) {
    window.addEventListener('online', () => this.hurry())
    window.addEventListener('offline', () => this.#socket?.close())
    ticksWhileHidden(HIDDEN_PING_MS, () => this.send({ case: 'ping', value: {} }))
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.hurry()
    })
  }

  get state(): LinkState {
    return this.#state
  }

  start(): void {
    this.#attempt = 0
    void this.#connect()
  }

  stop(): void {
    clearTimeout(this.#retry)
    clearTimeout(this.#ping)
    clearTimeout(this.#renewal)
    this.#turn++
    this.#become(IDLE)
    const socket = this.#socket
    this.#socket = undefined
    socket?.close(1000)
    this.#failRequests()
  }

  /** There is a hole in what was received: the next Hello fills it. */
  resume(): void {
    this.#socket?.close(3000)
  }

  /** The network is back, or the person is: no reason to wait. */
  hurry(): void {
    if (this.#state.status === 'waiting') void this.#connect()
  }

  /** Dropped when there is no connection: for what is of no use later. */
  send(frame: OutgoingFrame): void {
    this.sendBytes(toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame })))
  }

  sendBytes(bytes: Uint8Array): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return
    this.#socket.send(bytes as Uint8Array<ArrayBuffer>)
    this.#waitToPing()
  }

  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    input: MessageInitShape<I>,
    traceparent = '',
  ): Promise<UnaryResponse<I, O>> {
    const id = ++this.#lastId
    const answer = new Promise<Uint8Array>((resolve, reject) => {
      const timer = setTimeout(() => this.#open.get(id)?.reject(unavailable()), REQUEST_MS)
      const settle =
        <T>(finish: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer)
          this.#open.delete(id)
          finish(value)
        }
      this.#open.set(id, { resolve: settle(resolve), reject: settle(reject) })
    })
    const payload = toBinary(method.input, create(method.input, input))
    const service = method.parent.typeName
    this.send({ case: 'request', value: { id, service, method: method.name, payload, traceparent } })
    const message = fromBinary(method.output, await answer)
    const none = new Headers()
    return { stream: false, service: method.parent, method, header: none, trailer: none, message }
  }

  #become(state: LinkState): void {
    this.#state = state
    this.listener.state(state)
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#retry)
    const turn = ++this.#turn
    this.#become({ ...IDLE, status: 'connecting' })
    const token = await accessToken().catch(() => null)
    if (turn !== this.#turn) return
    if (token === undefined) {
      this.#end('signed out')
      return
    }
    if (token === null) {
      this.#later(1006)
      return
    }
    const socket = new WebSocket(`${location.origin.replace('http', 'ws')}/ws`, 'beseda.v1')
    socket.binaryType = 'arraybuffer'
    this.#socket = socket
    if (this.eager) setTimeout(() => socket.readyState === WebSocket.CONNECTING && socket.close(), EAGER_OPEN_MS)
    socket.onopen = () => this.send({ case: 'hello', value: { accessToken: token, cursors: this.listener.cursors() } })
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket) this.#receive(new Uint8Array(data as ArrayBuffer))
    }
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#later(code)
    }
  }

  #receive(bytes: Uint8Array): void {
    const { frame } = fromBinary(ServerFrameSchema, bytes)
    this.#waitToPing()
    if (frame.case === 'ready') {
      this.#pingMs = frame.value.pingIntervalMs
      this.#renewLater()
    }
    if (frame.case === 'live') {
      this.#attempt = 0
      this.#become({ ...IDLE, status: 'live' })
    }
    if (frame.case === 'reconnect') {
      const socket = this.#socket
      setTimeout(() => socket?.close(), frame.value.afterMs)
    }
    if (frame.case === 'response') this.#answered(frame.value)
    if (frame.case !== undefined) this.listener.frame(frame, bytes)
  }

  #answered({ id, payload, error }: FrameValue<'response'>): void {
    const open = this.#open.get(id)
    if (error) open?.reject(fromWire(error))
    else open?.resolve(payload)
  }

  #later(code: number): void {
    this.#socket = undefined
    clearTimeout(this.#ping)
    clearTimeout(this.#renewal)
    this.#failRequests()
    const after = afterClose(code, this.#attempt++, Math.random(), navigator.onLine)
    if (after.kind === 'stop') {
      this.#end(after.why)
      return
    }
    if (after.refreshToken) expireAccessToken()
    const delayMs = this.eager ? Math.min(after.delayMs, EAGER_DELAY_MS) : after.delayMs
    this.#become({ ...IDLE, status: 'waiting', nextTryAt: Date.now() + delayMs })
    this.#retry = setTimeout(() => void this.#connect(), delayMs)
  }

  #end(stopped: StopReason): void {
    this.#become({ ...IDLE, status: 'stopped', stopped })
  }

  #failRequests(): void {
    for (const { reject } of [...this.#open.values()]) reject(unavailable())
    this.#open.clear()
  }

  /** A new access token before the old one ends keeps the connection as it is. */
  #renewLater(): void {
    clearTimeout(this.#renewal)
    const left = (session.value?.expiresAt ?? 0) - Date.now() - RENEW_BEFORE_MS
    this.#renewal = setTimeout(
      async () => {
        const token = await accessToken().catch(() => undefined)
        if (token === undefined) return
        this.send({ case: 'authenticate', value: { accessToken: token } })
        this.#renewLater()
      },
      Math.max(left, 1_000),
    )
  }

  #waitToPing(): void {
    clearTimeout(this.#ping)
    const socket = this.#socket
    this.#ping = setTimeout(() => {
      this.send({ case: 'ping', value: {} })
      clearTimeout(this.#ping)
      this.#ping = setTimeout(() => {
        if (socket === this.#socket) socket?.close()
      }, SILENCE_MS)
    }, this.#pingMs)
  }
}
