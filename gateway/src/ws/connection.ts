import { isUuid, Refusal } from '@beseda/kernel'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Scope } from '@beseda/proto/common/v1/policy'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import {
  type ClientFrame,
  ClientFrameSchema,
  type Cursor,
  type Hello,
  type OutgoingSignal,
  type Request,
} from '@beseda/proto/gateway/v1/frames'
import { errorInfo, toWireError } from '@beseda/rpc'
import { MAX_OPEN_REQUESTS } from '@beseda/rules'
import { fromBinary } from '@bufbuild/protobuf'
import { timestampNow } from '@bufbuild/protobuf/wkt'
import { requireScope } from '../auth/actor.js'
import { responseFrame, serverFrame } from '../session/frames.js'
import {
  actorOf,
  atItsTurn,
  closed,
  greeted,
  madeReady,
  opened,
  overdue,
  type Status,
  signedIn,
} from '../session/status.js'
import { type BroughtUp, bringUp } from './bring-up.js'
import type { ConnectionPorts } from './ports.js'
import type { Wire } from './wire.js'

/** A client that sends nothing for this long sends a Ping: with the 10 s it waits for an answer, a dead gateway is left within 25 s. */
const PING_INTERVAL_MS = 15_000
/** Unsent bytes of one socket; a client that reads slower is closed and resumes. */
const MAX_BUFFERED = 4 * 1024 * 1024
/** A client that is being replayed and reads nothing for this long is closed and resumes. */
const STALLED_MS = 30_000
const MAX_WATCHED = 1_000

/** Sent more often than any other frame, and always the same. */
const PONG = serverFrame({ case: 'pong', value: {} })

/** Why a token does not open a connection; after any other error the client may try again. */
const CLOSE_CODES: Partial<Record<ErrorReason, CloseCode>> = {
  [ErrorReason.TOKEN_EXPIRED]: CloseCode.TOKEN_EXPIRED,
  [ErrorReason.UNAUTHENTICATED]: CloseCode.UNAUTHENTICATED,
  [ErrorReason.SESSION_REVOKED]: CloseCode.SESSION_ENDED,
  [ErrorReason.SCOPE_MISSING]: CloseCode.UNAUTHENTICATED,
}

/** One WebSocket from opening to close (docs/protocol.md). Fields are few: a gateway holds tens of thousands of connections. */
export class Connection implements BroughtUp {
  #status: Status = opened(Date.now())
  #openRequests = 0
  /** Work that waits for Ready. */
  #later: (() => void)[] | undefined

  constructor(
    private readonly wire: Wire,
    private readonly ports: ConnectionPorts,
  ) {}

  get userId(): string {
    return actorOf(this.#status)?.userId ?? ''
  }
  get deviceId(): string {
    return actorOf(this.#status)?.deviceId ?? ''
  }
  get sessionId(): string {
    return actorOf(this.#status)?.sessionId ?? ''
  }
  get isSignedIn(): boolean {
    return this.#status.kind === 'entering' || this.#status.kind === 'ready'
  }
  get closed(): boolean {
    return this.#status.kind === 'closed'
  }

  whenReady(work: () => void): void {
    if (this.#status.kind === 'ready') work()
    else if (!this.closed) this.#later = [...(this.#later ?? []), work]
  }

  send(frame: Uint8Array): void {
    if (this.#status.kind !== 'closed' && !this.wire.send(frame)) this.overrun()
  }

  together(work: () => void): void {
    this.wire.together(work)
  }

  drained(): Promise<void> | undefined {
    return this.wire.drained()
  }

  follow(topic: string): void {
    this.wire.follow(topic)
  }

  unfollow(topic: string): void {
    this.wire.unfollow(topic)
  }

  /** Closes the connection if its reader is too slow or its time is up. `now`: Unix ms. */
  check(now: number): void {
    const isStalled = this.wire.buffered() > MAX_BUFFERED || this.wire.waitsSince() < now - STALLED_MS
    const code = isStalled ? CloseCode.TOO_SLOW : overdue(this.#status, now)
    if (code !== undefined) this.close(code)
  }

  /** A frame was dropped because too much is unsent. Whatever followed would come after a hole, so the socket is cut. */
  overrun(): void {
    if (this.closed) return
    this.ports.metrics.closed(CloseCode.TOO_SLOW)
    this.wire.cut()
    this.ended()
  }

  close(code: CloseCode): void {
    if (this.closed) return
    this.ports.metrics.closed(code)
    this.wire.end(code, CloseCode[code])
    this.ended()
  }

  /** The socket is gone, whichever side closed it. */
  ended(): void {
    if (this.closed) return
    const { isSignedIn } = this
    this.#status = closed(this.#status)
    this.#later = undefined
    const { registry, rooms, people, presence } = this.ports
    registry.remove(this)
    if (!isSignedIn) return
    rooms.leave(this)
    people.remove(this)
    // After `people`: presence asks whether the device is still connected.
    presence.disconnected(this)
  }

  pinged(): void {
    this.send(PONG)
  }

  /** Takes one frame from the client. For a Ping, {@link pinged} does the same and costs less. */
  receive(bytes: Uint8Array): void {
    if (this.closed) return
    let frame: ClientFrame['frame']
    try {
      frame = fromBinary(ClientFrameSchema, bytes).frame
    } catch {
      // Whoever sends what is not a frame speaks another protocol.
      this.close(CloseCode.PROTOCOL_ERROR)
      return
    }
    if (frame.case === 'hello') this.#greet(frame.value)
    else if (this.isSignedIn) this.#take(frame)
    else this.close(CloseCode.PROTOCOL_ERROR)
  }

  /** Sends Ready, then runs the work that waited for it. */
  becomeReady(heads: readonly Cursor[]): void {
    const { userId, deviceId } = this
    const { traceRatio, maxUploadBytes } = this.ports
    const limits = { pingIntervalMs: PING_INTERVAL_MS, traceRatio, maxUploadBytes: BigInt(maxUploadBytes) }
    const ready = { userId, deviceId, serverTime: timestampNow(), ...limits, heads: [...heads] }
    this.send(serverFrame({ case: 'ready', value: ready }))
    this.#status = madeReady(this.#status)
    const later = this.#later ?? []
    this.#later = undefined
    for (const work of later) work()
  }

  #greet(hello: Hello): void {
    const status = greeted(this.#status, Date.now())
    if (!status) {
      this.close(CloseCode.PROTOCOL_ERROR)
      return
    }
    this.#status = status
    this.ports.queue.run(() => this.#enter(hello)).catch((error: unknown) => this.#refuse(error))
  }

  #take(frame: ClientFrame['frame']): void {
    const { presence, typing, onFailure } = this.ports
    switch (frame.case) {
      case 'request':
        void this.#request(frame.value)
        break
      case 'authenticate':
        this.#authenticate(frame.value.accessToken).catch((error: unknown) => this.#refuse(error))
        break
      case 'watchPresence':
        presence.watch(this, frame.value.userIds.filter(isUuid).slice(0, MAX_WATCHED))
        break
      case 'setIdle':
        presence.setIdle(this, frame.value.idle)
        break
      case 'typing':
        typing.notify(this, frame.value.groupId).catch(onFailure)
        break
      case 'signal':
        void this.#signal(frame.value)
        break
      default:
        // A frame of a newer client, which this gateway does not know.
        break
    }
  }

  async #authenticate(token: string): Promise<void> {
    const actor = await this.ports.signIn.actor(token, this.wire.address)
    const status = signedIn(this.#status, actor)
    if (!status) throw new Refusal(ErrorReason.UNAUTHENTICATED)
    // A socket receives what is said in its person's groups: a bot that may not read gets none.
    requireScope(Scope.READ, actor)
    this.#status = status
  }

  async #enter({ accessToken, cursors }: Hello): Promise<void> {
    this.#status = atItsTurn(this.#status, Date.now())
    if (this.closed) return
    await this.#authenticate(accessToken)
    if (this.closed) return
    const { people, presence, rooms, metrics } = this.ports
    metrics.greeted()
    people.add(this)
    presence.connected(this)
    await bringUp(this, await rooms.enter(this), cursors, metrics.resumed)
  }

  async #request({ id, service, method, payload, traceparent }: Request): Promise<void> {
    this.#openRequests++
    try {
      if (this.#openRequests > MAX_OPEN_REQUESTS) throw new Refusal(ErrorReason.RATE_LIMITED, {}, 100)
      const { address } = this.wire
      const actor = actorOf(this.#status)
      const request = {
        service,
        method,
        payload,
        contentType: 'application/proto' as const,
        actor,
        address,
        traceparent,
      }
      this.send(responseFrame(id, await this.ports.requests.call(request)))
    } catch (error) {
      this.send(serverFrame({ case: 'response', value: { id, error: this.#toWire(error) } }))
    } finally {
      this.#openRequests--
    }
  }

  async #signal(signal: OutgoingSignal): Promise<void> {
    try {
      await this.ports.signalling.forward(this, signal)
    } catch (error) {
      const { toDeviceId, seq, stream } = signal
      this.send(serverFrame({ case: 'signalRefused', value: { toDeviceId, seq, stream, error: this.#toWire(error) } }))
    }
  }

  /** As the client gets it; an error that is not a refusal is reported as well. */
  #toWire(error: unknown): ReturnType<typeof toWireError> {
    if (errorInfo(error) === undefined) this.ports.onFailure(error)
    return toWireError(error)
  }

  /** Ends a connection that cannot be let in: for good when its token is at fault, else so that the client tries again. */
  #refuse(error: unknown): void {
    const code = CLOSE_CODES[errorInfo(error)?.reason ?? ErrorReason.INTERNAL]
    if (code === undefined) this.ports.onFailure(error)
    this.close(code ?? CloseCode.INTERNAL)
  }
}
