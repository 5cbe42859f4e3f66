import { Semaphore } from '@beseda/async'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import type { Transport } from '@connectrpc/connect'
import type { NatsConnection } from '@nats-io/nats-core'
import type { Authenticator } from '../auth/authenticator.js'
import type { GuessLimit } from '../auth/guess-limit.js'
import type { GatewayMetrics } from '../metrics.js'
import { Memberships, type Position, type Positions } from '../people/memberships.js'
import type { People } from '../people/people.js'
import type { PresenceFeed } from '../people/presence.js'
import type { SessionChecks } from '../people/session-checks.js'
import type { RequestRelay } from '../requests/request-relay.js'
import type { Reconciler } from '../rooms/reconciler.js'
import type { Entered, Rooms } from '../rooms/rooms.js'
import { serverFrame } from '../session/frames.js'
import type { RateLimits } from '../session/limits.js'
import { spreadMs } from '../session/spread.js'
import type { Signalling } from '../signalling/forward.js'
import type { CallParticipants } from '../signalling/participants.js'
import type { Connection } from './connection.js'

/** Connections brought up at once. More: a storm delays what is live; fewer: the waits for the services are not used. */
const BRING_UP = 64
/** Connections that wait to be brought up. At 2,000 a second the last of them waits 10 s; who comes then tries later. */
const LINE = 20_000
/** Deadlines and slow readers are looked at so often. */
const CHECK_MS = 1_000
/** And after so much has been published, so that a reader that stalls in a burst is closed with a code while that still finds room. */
const CHECK_BYTES = 4 * 1024 * 1024

export interface HubParts {
  readonly nats: NatsConnection
  readonly rpc: Transport
  readonly peers: People
  readonly rooms: Rooms
  readonly reconciler: Reconciler
  readonly presence: PresenceFeed
  readonly caller: RequestRelay
  readonly limits: RateLimits
  readonly metrics: GatewayMetrics
  readonly authenticator: Authenticator
  readonly guessLimit: GuessLimit
  readonly sessions: SessionChecks
  readonly participants: CallParticipants
  readonly signalling: Signalling
  /** Of so many actions browsers are asked for traces, 0 to 1. */
  readonly traceRatio: number
  readonly onFailure: (error: unknown) => void
  /** Sockets at most. */
  readonly maxConnections: number
  /** The longest time over which everybody is sent elsewhere. */
  readonly maxDrainMs: number
}

/** What all connections of this gateway share. */
export class Hub {
  readonly admission = new Semaphore({ permits: BRING_UP, queueLimit: LINE })
  readonly nats: NatsConnection
  readonly peers: People
  readonly rooms: Rooms
  readonly presence: PresenceFeed
  readonly caller: RequestRelay
  readonly limits: RateLimits
  readonly metrics: GatewayMetrics
  readonly authenticator: Authenticator
  readonly guessLimit: GuessLimit
  readonly participants: CallParticipants
  readonly memberships: Memberships
  readonly signalling: Signalling
  readonly traceRatio: number
  readonly onFailure: (error: unknown) => void
  readonly #connections = new Set<Connection>()
  readonly #checks: NodeJS.Timeout
  #leaving = false
  #unchecked = 0

  constructor(private readonly parts: HubParts) {
    this.nats = parts.nats
    this.peers = parts.peers
    this.rooms = parts.rooms
    this.presence = parts.presence
    this.caller = parts.caller
    this.limits = parts.limits
    this.metrics = parts.metrics
    this.authenticator = parts.authenticator
    this.guessLimit = parts.guessLimit
    this.participants = parts.participants
    this.signalling = parts.signalling
    this.traceRatio = parts.traceRatio
    this.onFailure = parts.onFailure
    this.memberships = new Memberships(parts.rpc)
    this.#checks = setInterval(() => this.#check(), CHECK_MS)
    parts.reconciler.start()
    parts.sessions.start()
  }

  /** So much more may be unsent, to any socket. */
  published(bytes: number): void {
    this.#unchecked += bytes
    if (this.#unchecked < CHECK_BYTES) return
    this.#unchecked = 0
    setImmediate(() => this.#check())
  }

  /** One more socket may be opened. */
  accepts(): boolean {
    const { reconciler, maxConnections } = this.parts
    const full = this.admission.full || this.#connections.size >= maxConnections
    const accepts = !this.#leaving && reconciler.answered && !full
    if (!accepts) this.metrics.turnedAway()
    return accepts
  }

  opened(connection: Connection): void {
    this.#connections.add(connection)
  }

  /** Lets a connection into the rooms of its groups; those it is no member of any more are left out. */
  async enter(connection: Connection, positions: Positions): Promise<(Entered & Position)[]> {
    const { rooms, metrics } = this
    // All at once: one question to the log for each partition, not for each group.
    await rooms.open([...positions.keys()])
    const entered = await Promise.all(
      [...positions].map(async ([groupId, position]) => {
        const found = await rooms.enter(groupId, connection, position.rosterSeq)
        return found && { ...found, ...position }
      }),
    )
    metrics.rooms.set(rooms.size)
    return entered.filter((one) => one !== undefined)
  }

  /** The socket is gone; `signedIn`: it was let in. */
  left(connection: Connection, signedIn: boolean): void {
    this.#connections.delete(connection)
    if (!signedIn) return
    const { rooms, peers, presence, metrics } = this
    rooms.leave(connection)
    peers.remove(connection)
    presence.disconnected(connection)
    metrics.connections.set(peers.size)
    metrics.rooms.set(rooms.size)
  }

  /**
   * After the bus was gone nobody knows what was missed. Rooms read it from the log; what is in no log, such as a call that rings, people
   * ask for when they resume.
   */
  resync(): void {
    this.participants.forget()
    void this.parts.reconciler.round()
    void this.parts.sessions.everybody()
    const peers = this.peers.all()
    const overMs = spreadMs(peers.length)
    for (const peer of peers) setTimeout(() => peer.close(CloseCode.RESUME), Math.random() * overMs)
  }

  /** The streams are others than before: no position of a client means anything, and no room goes on. */
  startOver(): void {
    this.rooms.closeAll()
    this.resync()
  }

  /** Sends everybody to another gateway, spread over a few seconds. */
  async drain(): Promise<void> {
    this.#leaving = true
    const { peers, rooms, presence, parts } = this
    const { reconciler, sessions, maxDrainMs } = parts
    const leaving = peers.all()
    const overMs = Math.min(spreadMs(leaving.length), maxDrainMs)
    const moved = leaving.map((peer) => {
      const afterMs = Math.round(Math.random() * overMs)
      peer.send(serverFrame({ case: 'reconnect', value: { afterMs } }))
      return new Promise<void>((resolve) =>
        setTimeout(() => {
          peer.close(CloseCode.DRAINING)
          resolve()
        }, afterMs + 1_000),
      )
    })
    await Promise.all(moved)
    for (const connection of [...this.#connections]) connection.close(CloseCode.DRAINING)
    clearInterval(this.#checks)
    reconciler.stop()
    sessions.stop()
    await presence.stop()
    rooms.stop()
    peers.stop()
  }

  #check(): void {
    const now = Date.now()
    this.#unchecked = 0
    for (const connection of this.#connections) connection.check(now)
  }
}
