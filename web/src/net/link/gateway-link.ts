import { afterClose } from '@beseda/client-protocol'
import { ClientFrameSchema, ServerFrameSchema } from '@beseda/proto/gateway/v1/frames'
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  type MessageInitShape,
  toBinary,
} from '@bufbuild/protobuf'
import type { UnaryResponse } from '@connectrpc/connect'
import { Alarm } from '../../time/clock.js'
import { Heartbeat } from './heartbeat.js'
import type { LinkListener, LinkParts, Socket } from './link-ports.js'
import { PendingRequests } from './pending-requests.js'
import { TokenRenewal } from './token-renewal.js'
import { IDLE, type LinkState, type OutgoingFrame, type StopReason } from './wire.js'

/** Limits during a call: the delay before another attempt, and the length of an attempt. */
const EAGER_DELAY_MS = 400
const EAGER_OPEN_MS = 2_500
/** Close codes sent by this side: 1000 for good, 3000 to resume with the current cursors. */
const [NORMAL, RESUME] = [1000, 3000]
/** The code of a connection that was lost without a close; also used for an attempt that got no token. */
const LOST = 1006

/**
 * The one socket of a browser: it connects, sends Hello with cursors, reconnects as the close code requires (`afterClose`), and
 * carries requests while it is live.
 */
export class GatewayLink {
  /** During a call: reconnect at once, and give up early on an attempt without an answer. */
  eager = false
  #state: LinkState = IDLE
  #socket: Socket | undefined
  /** The gateway takes frames: it has answered Hello with Ready. Before, anything but Hello ends the connection for good. */
  #isReady = false
  #attempt = 0
  /** Number of the current attempt: one that was cancelled while it waited for its token ends there. */
  #turn = 0
  /** When the current attempt began, and when the connection went live (Unix ms; 0: it did not). */
  #began = 0
  #liveAt = 0
  readonly #requests: PendingRequests
  readonly #heartbeat: Heartbeat
  readonly #retry: Alarm
  readonly #renewal: TokenRenewal

  constructor(
    private readonly parts: LinkParts,
    private readonly listener: LinkListener,
  ) {
    const { clock, surroundings, tokens, log } = parts
    this.#requests = new PendingRequests(clock)
    this.#retry = new Alarm(clock)
    this.#renewal = new TokenRenewal({
      clock,
      tokens,
      log,
      send: (accessToken) => this.send({ case: 'authenticate', value: { accessToken } }),
    })
    this.#heartbeat = new Heartbeat(clock, {
      ping: () => this.#ping(),
      silent: () => this.#socket?.close(),
    })
    surroundings.watch({
      back: () => this.hurry(),
      offline: () => this.#socket?.close(),
      hiddenTick: () => this.#ping(),
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
    this.#retry.clear()
    this.#turn++
    const socket = this.#forgetSocket()
    this.#become(IDLE)
    socket?.close(NORMAL)
    this.#requests.failAll()
  }

  /** A commit is missing from what was received: the next Hello requests it. */
  resume(): void {
    this.parts.log.step('gateway-link', 'gap')
    this.#socket?.close(RESUME)
  }

  /** There is no reason to wait any longer for the next attempt. */
  hurry(): void {
    if (this.#state.status === 'waiting') void this.#connect()
  }

  /** Dropped before Ready, and when there is no connection: for frames that are useless later, or sent again at Ready. */
  send(frame: OutgoingFrame): void {
    this.sendBytes(toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame })))
  }

  sendBytes(bytes: Uint8Array): void {
    if (!this.#isReady || this.#socket?.status !== 'open') return
    this.#socket.send(bytes)
    this.#heartbeat.beat()
  }

  /** Rejects with the server's refusal (ConnectError), or UNAVAILABLE when there is no answer. */
  async call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    input: MessageInitShape<I>,
    traceparent = '',
  ): Promise<UnaryResponse<I, O>> {
    const { id, answer } = this.#requests.open()
    const payload = toBinary(method.input, create(method.input, input))
    const service = method.parent.typeName
    this.send({ case: 'request', value: { id, service, method: method.name, payload, traceparent } })
    const message = fromBinary(method.output, await answer)
    const none = new Headers()
    return { stream: false, service: method.parent, method, header: none, trailer: none, message }
  }

  #ping(): void {
    this.send({ case: 'ping', value: {} })
  }

  #become(state: LinkState): void {
    this.#state = state
    this.listener.state(state)
  }

  async #connect(): Promise<void> {
    this.#retry.clear()
    const turn = ++this.#turn
    this.#began = this.parts.clock.now()
    this.#become({ ...IDLE, status: 'connecting' })
    const token = await this.parts.tokens.access().catch((error: unknown) => {
      this.parts.log.error('gateway-link.token', error, 'HANDLED_ERROR')
      return null
    })
    if (turn !== this.#turn) return
    if (token === undefined) this.#end('signed out')
    else if (token === null) this.#later(LOST)
    else this.#open(token)
  }

  #open(token: string): void {
    const socket = this.parts.openSocket({
      opened: () =>
        this.listener.whenRestored(() => {
          if (socket !== this.#socket) return
          const hello = { case: 'hello', value: { accessToken: token, cursors: this.listener.cursors() } } as const
          socket.send(toBinary(ClientFrameSchema, create(ClientFrameSchema, { frame: hello })))
          this.#heartbeat.beat()
        }),
      message: (bytes) => {
        if (socket === this.#socket) this.#receive(bytes)
      },
      closed: (code) => {
        if (socket === this.#socket) this.#later(code)
      },
    })
    this.#socket = socket
    if (this.eager) this.parts.clock.after(EAGER_OPEN_MS, () => socket.status === 'connecting' && socket.close())
  }

  #receive(bytes: Uint8Array): void {
    const { frame } = fromBinary(ServerFrameSchema, bytes)
    this.#heartbeat.beat()
    if (frame.case === 'ready') {
      this.#isReady = true
      this.#heartbeat.intervalMs = frame.value.pingIntervalMs
      this.#renewal.start()
    }
    if (frame.case === 'live') this.#wentLive()
    if (frame.case === 'reconnect') {
      const socket = this.#socket
      this.parts.clock.after(frame.value.afterMs, () => socket?.close())
    }
    if (frame.case === 'response') this.#requests.answered(frame.value)
    if (frame.case !== undefined) this.listener.frame(frame, bytes)
  }

  #wentLive(): void {
    this.#attempt = 0
    this.#liveAt = this.parts.clock.now()
    this.parts.log.step('gateway-link', 'live', { kind: 'CONNECTED', durationMs: this.#liveAt - this.#began })
    this.#become({ ...IDLE, status: 'live' })
  }

  /** The connection has ended: its close code decides what follows. */
  #later(code: number): void {
    const { clock, log, random, surroundings, tokens } = this.parts
    const lived = this.#liveAt === 0 ? 0 : clock.now() - this.#liveAt
    this.#forgetSocket()
    this.#requests.failAll()
    const after = afterClose(code, this.#attempt++, random(), surroundings.online())
    if (after.kind === 'stop') {
      log.step('gateway-link', 'closed', { reason: String(code), durationMs: lived })
      this.#end(after.why)
      return
    }
    log.step('gateway-link', 'closed', { kind: 'DISCONNECTED', reason: String(code), durationMs: lived })
    if (after.refreshToken) tokens.expire()
    const delayMs = this.eager ? Math.min(after.delayMs, EAGER_DELAY_MS) : after.delayMs
    this.#become({ ...IDLE, status: 'waiting', nextTryAt: clock.now() + delayMs })
    this.#retry.set(delayMs, () => void this.#connect())
  }

  /** Detaches the socket, and stops everything that runs while it is open. */
  #forgetSocket(): Socket | undefined {
    const socket = this.#socket
    this.#socket = undefined
    this.#isReady = false
    this.#liveAt = 0
    this.#heartbeat.stop()
    this.#renewal.stop()
    return socket
  }

  #end(stopped: StopReason): void {
    this.parts.log.step('gateway-link', 'stopped', { kind: 'STOPPED', reason: stopped.replace(' ', '-') })
    this.#become({ ...IDLE, status: 'stopped', stopped })
  }
}
