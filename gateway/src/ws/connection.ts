import { clientCursor, cursorOf } from '@beseda/client-protocol'
import { isUuid, Refusal } from '@beseda/kernel'
import { typingSubject } from '@beseda/proto'
import { ErrorReason } from '@beseda/proto/common/v1/errors'
import { Scope } from '@beseda/proto/common/v1/policy'
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
import { MAX_OPEN_REQUESTS } from '@beseda/rules'
import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { timestampNow } from '@bufbuild/protobuf/wkt'
import { type Actor, requireScope } from '../requests/request-relay.js'
import type { ClientSocket } from '../session/client-socket.js'
import { responseFrame, serverFrame } from '../session/frames.js'
import type { Hub } from './hub.js'
import type { Wire } from './wire.js'

/** A client that sends nothing for this long sends a Ping: with the 10 s it waits for an answer, a dead gateway is left within 25 s. */
const PING_INTERVAL_MS = 15_000
const HELLO_MS = 10_000
/** In a storm a Hello waits in line for so long at most. */
const LINE_MS = 60_000
/** A Hello whose turn has come, and cannot be answered for so long, is given up. */
const BRING_UP_MS = 30_000
/** What a socket may have unsent; a client that reads slower is closed and resumes. */
const MAX_BUFFERED = 4 * 1024 * 1024
/** A client that has been away, and reads nothing of what it has missed for so long, is closed and resumes. */
const STALLED_MS = 30_000
/** Groups of one connection that are replayed at once. */
const REPLAYS = 8
const MAX_WATCHED = 1_000
const TYPING_RATE = { perMinute: 40, burst: 5 }

/** Sent most often, and the same each time. */
const PONG = serverFrame({ case: 'pong', value: {} })
const LIVE = serverFrame({ case: 'live', value: {} })

/** Why a token does not open a connection; for any other reason the client may try again. */
const CLOSE_CODES: Partial<Record<ErrorReason, CloseCode>> = {
  [ErrorReason.TOKEN_EXPIRED]: CloseCode.TOKEN_EXPIRED,
  [ErrorReason.UNAUTHENTICATED]: CloseCode.UNAUTHENTICATED,
  [ErrorReason.SESSION_REVOKED]: CloseCode.SESSION_ENDED,
  [ErrorReason.SCOPE_MISSING]: CloseCode.UNAUTHENTICATED,
}

/** One WebSocket from Hello to close. Fields are few: a gateway holds tens of thousands. */
export class Connection implements ClientSocket {
  #actor: Actor | undefined
  #greeted = false
  #ready = false
  #closed = false
  #openRequests = 0
  /** Unix ms at which the connection ends, unless it gets another one. */
  #deadline = Date.now() + HELLO_MS
  /** Waits for Ready. */
  #later: (() => void)[] | undefined

  constructor(
    private readonly wire: Wire,
    private readonly hub: Hub,
  ) {}

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

  whenReady(work: () => void): void {
    if (this.#ready) work()
    else if (!this.#closed) this.#later = [...(this.#later ?? []), work]
  }

  send(frame: Uint8Array): void {
    if (!this.#closed && !this.wire.send(frame)) this.overrun()
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

  /** What a clock says: a reader that is too slow, or a time that is up. */
  check(now: number): void {
    const stalled = this.wire.buffered() > MAX_BUFFERED || this.wire.waitsSince() < now - STALLED_MS
    if (stalled) this.close(CloseCode.TOO_SLOW)
    else if (now >= this.#deadline) this.close(this.#ready ? CloseCode.TOKEN_EXPIRED : CloseCode.TIMEOUT)
  }

  /** A frame was dropped, for too much is unsent: what follows would have a hole, so that nothing may follow. */
  overrun(): void {
    if (this.#closed) return
    this.hub.metrics.closed(CloseCode.TOO_SLOW)
    this.wire.cut()
    this.ended()
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
    this.#later = undefined
    this.hub.left(this, this.#actor !== undefined)
  }

  pinged(): void {
    this.send(PONG)
  }

  /** Takes one frame from the client; of a ping, {@link pinged} does the same for less. */
  receive(bytes: Uint8Array): void {
    if (this.#closed) return
    let frame: ClientFrame['frame']
    try {
      frame = fromBinary(ClientFrameSchema, bytes).frame
    } catch {
      this.close(CloseCode.PROTOCOL_ERROR)
      return
    }
    if (frame.case === 'hello') {
      if (this.#greeted) {
        this.close(CloseCode.PROTOCOL_ERROR)
        return
      }
      this.#greeted = true
      this.#deadline = Date.now() + LINE_MS
      const { admission } = this.hub
      admission.run(() => this.#hello(frame.value)).catch((error: unknown) => this.#refuse(error))
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
    const actor = await this.hub.authenticator.actor(token, this.wire.address)
    if (this.#actor && actor.sessionId !== this.#actor.sessionId) throw new Refusal(ErrorReason.UNAUTHENTICATED)
    // What is said in its groups comes over the socket: a bot that may not read has none.
    requireScope(Scope.READ, actor)
    if (this.#closed) return
    this.#actor = actor
    if (this.#ready) this.#deadline = this.#expiresAt
  }

  /** Lets the person in: everything that is stored from here on reaches them, by replay or live. */
  async #hello({ accessToken, cursors }: Hello): Promise<void> {
    if (this.#closed) return
    this.#deadline = Date.now() + BRING_UP_MS
    await this.#authenticate(accessToken)
    if (this.#closed) return
    const { peers, presence, metrics } = this.hub
    metrics.greeted()
    peers.add(this)
    metrics.connections.set(peers.size)
    presence.connected(this)
    const positions = await this.hub.memberships.of(this.userId)
    const entered = await this.hub.enter(this, positions)
    const heads = entered.map(({ room, head }) => cursorOf(room.groupId, room.epoch, head))
    const { userId, deviceId } = this
    const { traceRatio } = this.hub
    const ready = { userId, deviceId, serverTime: timestampNow(), pingIntervalMs: PING_INTERVAL_MS, heads, traceRatio }
    const known = new Map(cursors.map((cursor) => [cursor.groupId, clientCursor(cursor)]))
    for (let at = 0; at === 0 || at < entered.length; at += REPLAYS) {
      const some = entered.slice(at, at + REPLAYS)
      const plans = await Promise.all(
        some.map(({ room, head, hiddenUpTo }) => room.plan(known.get(room.groupId), head, hiddenUpTo)),
      )
      const last = at + REPLAYS >= entered.length
      let waits: Promise<void>[] = []
      this.wire.together(() => {
        if (at === 0) this.#becomeReady(serverFrame({ case: 'ready', value: ready }))
        waits = some.flatMap(({ room }, i) => (plans[i] && room.resume(this, plans[i])) ?? [])
        if (last && waits.length === 0) this.send(LIVE)
      })
      for (const { kind } of plans) metrics.resumed(kind)
      if (waits.length === 0) continue
      await Promise.all(waits)
      if (last) this.send(LIVE)
    }
  }

  #becomeReady(frame: Uint8Array): void {
    this.send(frame)
    this.#ready = true
    this.#deadline = this.#expiresAt
    for (const work of this.#later ?? []) work()
    this.#later = undefined
  }

  /** Unix ms. A bot's token has no end; that it counts no more, `SessionChecks` finds out. */
  get #expiresAt(): number {
    return !this.#actor || this.#actor.scopes ? Number.POSITIVE_INFINITY : this.#actor.expiresAt
  }

  async #request({ id, service, method, payload, traceparent }: Request): Promise<void> {
    this.#openRequests++
    try {
      if (this.#openRequests > MAX_OPEN_REQUESTS) throw new Refusal(ErrorReason.RATE_LIMITED, {}, 100)
      const { address } = this.wire
      const actor = this.#actor
      const call = { service, method, payload, contentType: 'application/proto' as const, actor, address, traceparent }
      const answer = await this.hub.caller.call(call)
      this.send(responseFrame(id, answer))
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
