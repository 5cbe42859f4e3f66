import { isUuid, MAX_OPEN_REQUESTS, Refusal } from '@beseda/kernel'
import { typingSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import {
  type ClientFrame,
  ClientFrameSchema,
  type Hello,
  type OutgoingSignal,
  type Request,
  TypingSchema,
} from '@beseda/proto/gateway/v1/frames'
import { errorInfo, toWireError } from '@beseda/rpc'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { timestampNow } from '@bufbuild/protobuf/wkt'
import type { Actor } from '../caller.js'
import { clientCursor, cursorOf, serverFrame } from '../session/frames.js'
import type { Peer } from '../session/peer.js'
import type { Hub } from './hub.js'

/** A client that sends nothing for this long sends a Ping. */
const PING_INTERVAL_MS = 20_000
const HELLO_MS = 10_000
/** What a socket may have unsent; a client that reads slower is closed and resumes. */
const MAX_BUFFERED = 4 * 1024 * 1024
const MAX_WATCHED = 1_000
const TYPING_RATE = { perMinute: 40, burst: 5 }

/** Why a token does not open a connection; for any other reason the client may try again. */
const CLOSE_CODES: Partial<Record<ErrorReason, CloseCode>> = {
  [ErrorReason.TOKEN_EXPIRED]: CloseCode.TOKEN_EXPIRED,
  [ErrorReason.UNAUTHENTICATED]: CloseCode.UNAUTHENTICATED,
  [ErrorReason.SESSION_REVOKED]: CloseCode.SESSION_ENDED,
}

/** The socket below: bytes out, and the end. */
export interface Wire {
  readonly address: string
  send(frame: Uint8Array): void
  buffered(): number
  end(code: number, reason: string): void
}

/** One WebSocket from Hello to close. */
export class Connection implements Peer {
  readonly ready: Promise<void>
  #becomeReady: () => void = () => undefined
  #actor: Actor | undefined
  #greeted = false
  #closed = false
  #openRequests = 0
  #expiry: NodeJS.Timeout

  constructor(
    private readonly wire: Wire,
    private readonly hub: Hub,
  ) {
    this.ready = new Promise((resolve) => {
      this.#becomeReady = resolve
    })
    this.#expiry = setTimeout(() => this.close(CloseCode.TIMEOUT), HELLO_MS)
  }

  get userId(): string {
    return this.#actor?.userId ?? ''
  }
  get deviceId(): string {
    return this.#actor?.deviceId ?? ''
  }
  get sessionId(): string {
    return this.#actor?.sessionId ?? ''
  }
  get closed(): boolean {
    return this.#closed
  }

  send(frame: Uint8Array): void {
    if (this.#closed) return
    if (this.wire.buffered() > MAX_BUFFERED) this.close(CloseCode.TOO_SLOW)
    else this.wire.send(frame)
  }

  close(code: CloseCode): void {
    if (this.#closed) return
    this.hub.metrics.closed(code)
    this.wire.end(code, CloseCode[code])
    this.ended()
  }

  /** The socket is gone, whoever closed it. */
  ended(): void {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#expiry)
    this.#becomeReady()
    if (this.#actor) this.hub.left(this)
  }

  /** Takes one frame from the client. */
  receive(bytes: Uint8Array): void {
    if (this.#closed) return
    let frame: ClientFrame['frame']
    try {
      frame = fromBinary(ClientFrameSchema, bytes).frame
    } catch {
      this.close(CloseCode.PROTOCOL_ERROR)
      return
    }
    if (frame.case === 'ping') {
      this.send(serverFrame({ case: 'pong', value: {} }))
      return
    }
    if (frame.case === 'hello') {
      if (this.#greeted) {
        this.close(CloseCode.PROTOCOL_ERROR)
        return
      }
      this.#greeted = true
      this.#hello(frame.value).catch((error: unknown) => this.#refuse(error))
      return
    }
    if (this.#actor) this.#signedIn(frame)
    else this.close(CloseCode.PROTOCOL_ERROR)
  }

  #signedIn(frame: ClientFrame['frame']): void {
    switch (frame.case) {
      case 'request':
        void this.#request(frame.value)
        break
      case 'authenticate':
        this.#authenticate(frame.value.accessToken).catch((error: unknown) => this.#refuse(error))
        break
      case 'watchPresence':
        this.hub.presence.watch(this, frame.value.userIds.filter(isUuid).slice(0, MAX_WATCHED))
        break
      case 'setIdle':
        this.hub.presence.setIdle(this, frame.value.idle)
        break
      case 'typing':
        void this.#typing(frame.value.groupId)
        break
      case 'signal':
        void this.#signal(frame.value)
        break
      default:
        // A frame of a newer client; what it asks for is not known here.
        break
    }
  }

  async #authenticate(token: string): Promise<void> {
    const actor = await this.hub.authenticator.actor(token)
    if (this.#actor && actor.sessionId !== this.#actor.sessionId) throw new Refusal(ErrorReason.UNAUTHENTICATED)
    if (this.#closed) return
    this.#actor = actor
    clearTimeout(this.#expiry)
    // A bot's token has no end; whether it still counts is asked at every request.
    if (actor.scopes) return
    const left = Math.max(0, actor.expiresAt - Date.now())
    this.#expiry = setTimeout(() => this.close(CloseCode.TOKEN_EXPIRED), left)
  }

  /** Lets the person in: everything that is stored from here on reaches them, by replay or live. */
  async #hello({ accessToken, cursors }: Hello): Promise<void> {
    await this.#authenticate(accessToken)
    if (this.#closed) return
    const { peers, presence, metrics } = this.hub
    peers.add(this)
    metrics.connections.set(peers.size)
    presence.connected(this)
    const positions = await this.hub.groupsOf(this.userId)
    const entered = await this.hub.enter(this, positions)
    const heads = entered.map(({ room, head }) => cursorOf(room.groupId, room.epoch, head))
    this.send(
      serverFrame({
        case: 'ready',
        value: {
          userId: this.userId,
          deviceId: this.deviceId,
          serverTime: timestampNow(),
          pingIntervalMs: PING_INTERVAL_MS,
          heads,
        },
      }),
    )
    this.#becomeReady()
    const known = new Map(cursors.map((cursor) => [cursor.groupId, clientCursor(cursor)]))
    await Promise.all(
      entered.map(async ({ room, head }) => metrics.resumed(await room.resume(this, known.get(room.groupId), head))),
    )
    this.send(serverFrame({ case: 'live', value: {} }))
  }

  async #request({ id, service, method, payload }: Request): Promise<void> {
    this.#openRequests++
    try {
      if (this.#openRequests > MAX_OPEN_REQUESTS) throw new Refusal(ErrorReason.RATE_LIMITED, {}, 100)
      const { address } = this.wire
      const call = { service, method, payload, contentType: 'application/proto' as const, actor: this.#actor, address }
      const answer = await this.hub.caller.call(call)
      this.send(serverFrame({ case: 'response', value: { id, payload: answer } }))
    } catch (error) {
      if (errorInfo(error) === undefined) this.hub.onFailure(error)
      this.send(serverFrame({ case: 'response', value: { id, error: toWireError(error) } }))
    } finally {
      this.#openRequests--
    }
  }

  async #typing(groupId: string): Promise<void> {
    if (this.hub.limits.take(`${this.userId}:typing`, TYPING_RATE, performance.now()) > 0) return
    const room = await this.hub.rooms.find(groupId)
    if (!room?.has(this)) return
    const notice = create(TypingSchema, { groupId, userId: this.userId })
    this.hub.nats.publish(typingSubject(groupId), toBinary(TypingSchema, notice))
  }

  async #signal(signal: OutgoingSignal): Promise<void> {
    try {
      await this.hub.signalling.forward(this, signal)
    } catch (error) {
      if (errorInfo(error) === undefined) this.hub.onFailure(error)
      const { toDeviceId, seq, stream } = signal
      this.send(serverFrame({ case: 'signalRefused', value: { toDeviceId, seq, stream, error: toWireError(error) } }))
    }
  }

  /** Ends a connection that cannot be let in: for good when the token says so, else to try again. */
  #refuse(error: unknown): void {
    const code = CLOSE_CODES[errorInfo(error)?.reason ?? ErrorReason.INTERNAL]
    if (code === undefined) this.hub.onFailure(error)
    this.close(code ?? CloseCode.INTERNAL)
  }
}
