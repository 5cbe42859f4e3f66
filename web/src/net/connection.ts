import { type AfterClose, afterClose } from '@beseda/kernel'
import { ClientFrameSchema, type Cursor, type ServerFrame, ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf'
import { Code, ConnectError, type Transport, type UnaryResponse } from '@connectrpc/connect'
import { type Ref, ref } from 'vue'
import { fromWire, unavailable } from './errors.js'
import { httpTransport } from './http.js'
import { accessToken, expireAccessToken, session } from './session.js'

export type ConnectionStatus = 'idle' | 'connecting' | 'live' | 'waiting' | 'stopped'
type Frame = ServerFrame['frame']
export type FrameCase = NonNullable<Frame['case']>
export type FrameValue<C extends FrameCase> = Extract<Frame, { case: C }>['value']
type Listener = (value: never) => void
type OutgoingFrame = NonNullable<MessageInitShape<typeof ClientFrameSchema>['frame']>

const REQUEST_MS = 15_000
/** Without any frame for so long after a Ping the connection is taken for dead. */
const SILENCE_MS = 10_000
/** Less than the margin in which a token is refreshed before use. */
const RENEW_BEFORE_MS = 50_000

interface OpenRequest {
  resolve(payload: Uint8Array): void
  reject(error: unknown): void
}

/** The one socket of the window: opens, says Hello with cursors, comes back by itself, and carries calls while it is live. */
export class Connection {
  readonly status: Ref<ConnectionStatus> = ref('idle')
  readonly stopped: Ref<Extract<AfterClose, { kind: 'stop' }>['why'] | undefined> = ref()
  readonly rpc: Transport
  readonly #listeners = new Map<FrameCase, Set<Listener>>()
  readonly #open = new Map<number, OpenRequest>()
  #socket: WebSocket | undefined
  #cursors: () => Cursor[] = () => []
  #attempt = 0
  #lastId = 0
  #retry: ReturnType<typeof setTimeout> | undefined
  #ping: ReturnType<typeof setTimeout> | undefined
  #renewal: ReturnType<typeof setTimeout> | undefined
  #pingMs = 20_000

  constructor() {
    const http = httpTransport(accessToken)
    this.rpc = {
      unary: (method, signal, timeoutMs, header, input, context) =>
        this.status.value === 'live'
          ? this.#call(method, input)
          : http.unary(method, signal, timeoutMs, header, input, context),
      stream: () => Promise.reject(new ConnectError('unary only', Code.Unimplemented)),
    }
    window.addEventListener('online', () => this.#hurry())
    window.addEventListener('offline', () => this.#socket?.close())
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.#hurry()
    })
  }

  /** `cursors` is asked at every Hello. */
  start(cursors: () => Cursor[]): void {
    this.#cursors = cursors
    this.stopped.value = undefined
    this.#attempt = 0
    void this.#connect()
  }

  stop(): void {
    clearTimeout(this.#retry)
    clearTimeout(this.#renewal)
    this.status.value = 'idle'
    const socket = this.#socket
    this.#socket = undefined
    socket?.close(1000)
    this.#failRequests()
  }

  /** There is a hole in what was received: the next Hello fills it. */
  resume(): void {
    this.#socket?.close(3000)
  }

  on<C extends FrameCase>(kind: C, listener: (value: FrameValue<C>) => void): () => void {
    const listeners = this.#listeners.get(kind) ?? new Set()
    this.#listeners.set(kind, listeners)
    listeners.add(listener as Listener)
    return () => listeners.delete(listener as Listener)
  }

  /** Dropped when there is no connection: for what is of no use later. */
  send(frame: OutgoingFrame): void {
    if (this.#socket?.readyState !== WebSocket.OPEN) return
    this.#socket.send(toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame })))
    this.#waitToPing()
  }

  async #connect(): Promise<void> {
    clearTimeout(this.#retry)
    this.status.value = 'connecting'
    const token = await accessToken().catch(() => null)
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
    socket.onopen = () => this.send({ case: 'hello', value: { accessToken: token, cursors: this.#cursors() } })
    socket.onmessage = ({ data }) => {
      if (socket === this.#socket)
        this.#receive(fromBinary(ServerFrameSchema, new Uint8Array(data as ArrayBuffer)).frame)
    }
    socket.onclose = ({ code }) => {
      if (socket === this.#socket) this.#later(code)
    }
  }

  #receive(frame: Frame): void {
    this.#waitToPing()
    if (frame.case === undefined) return
    if (frame.case === 'ready') {
      this.#pingMs = frame.value.pingIntervalMs
      this.#renewLater()
    }
    if (frame.case === 'live') {
      this.#attempt = 0
      this.status.value = 'live'
    }
    if (frame.case === 'reconnect') this.#retry = setTimeout(() => this.#socket?.close(), frame.value.afterMs)
    if (frame.case === 'response') this.#answered(frame.value)
    for (const listener of this.#listeners.get(frame.case) ?? []) listener(frame.value as never)
  }

  #answered({ id, payload, error }: FrameValue<'response'>): void {
    const open = this.#open.get(id)
    if (error) open?.reject(fromWire(error))
    else open?.resolve(payload)
  }

  async #call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    input: MessageInitShape<I>,
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
    this.send({ case: 'request', value: { id, service: method.parent.typeName, method: method.name, payload } })
    const message = fromBinary(method.output, await answer)
    const none = new Headers()
    return { stream: false, service: method.parent, method, header: none, trailer: none, message }
  }

  #later(code: number): void {
    this.#socket = undefined
    clearTimeout(this.#ping)
    clearTimeout(this.#renewal)
    this.#failRequests()
    const after = afterClose(code, this.#attempt++, Math.random())
    if (after.kind === 'stop') {
      this.#end(after.why)
      return
    }
    if (after.refreshToken) expireAccessToken()
    this.status.value = 'waiting'
    this.#retry = setTimeout(() => void this.#connect(), after.delayMs)
  }

  #end(why: Extract<AfterClose, { kind: 'stop' }>['why']): void {
    this.status.value = 'stopped'
    this.stopped.value = why
  }

  #failRequests(): void {
    for (const { reject } of [...this.#open.values()]) reject(unavailable())
    this.#open.clear()
  }

  /** The network is back, or the person is: no reason to wait. */
  #hurry(): void {
    if (this.status.value === 'waiting') void this.#connect()
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
