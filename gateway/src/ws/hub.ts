import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'
import { MembershipService } from '@beseda/proto/membership/v1/membership_service'
import { HEADERS } from '@beseda/rpc'
import { type Client, createClient, type Transport } from '@connectrpc/connect'
import type { NatsConnection } from '@nats-io/nats-core'
import type { Authenticator } from '../authenticator.js'
import type { Caller } from '../caller.js'
import type { Peers } from '../fanout/peers.js'
import type { PresenceFeed } from '../fanout/presence.js'
import type { Entered, Rooms } from '../fanout/rooms.js'
import type { GatewayMetrics } from '../metrics.js'
import { serverFrame } from '../session/frames.js'
import type { RateLimits } from '../session/limits.js'
import type { Signalling } from '../signalling/forward.js'
import type { CallParticipants } from '../signalling/participants.js'
import type { Connection } from './connection.js'

/** Sockets are told to move over this long, so that the other gateways are not run over. */
const DRAIN_MS = 4_000
const RESYNC_MS = 2_000

export interface HubParts {
  readonly nats: NatsConnection
  readonly rpc: Transport
  readonly peers: Peers
  readonly rooms: Rooms
  readonly presence: PresenceFeed
  readonly caller: Caller
  readonly limits: RateLimits
  readonly metrics: GatewayMetrics
  readonly authenticator: Authenticator
  readonly participants: CallParticipants
  readonly signalling: Signalling
  readonly onFailure: (error: unknown) => void
}

/** What all connections of this gateway share. */
export class Hub {
  readonly nats: NatsConnection
  readonly peers: Peers
  readonly rooms: Rooms
  readonly presence: PresenceFeed
  readonly caller: Caller
  readonly limits: RateLimits
  readonly metrics: GatewayMetrics
  readonly authenticator: Authenticator
  readonly participants: CallParticipants
  readonly signalling: Signalling
  readonly onFailure: (error: unknown) => void
  readonly #membership: Client<typeof MembershipService>

  constructor(parts: HubParts) {
    this.nats = parts.nats
    this.peers = parts.peers
    this.rooms = parts.rooms
    this.presence = parts.presence
    this.caller = parts.caller
    this.limits = parts.limits
    this.metrics = parts.metrics
    this.authenticator = parts.authenticator
    this.participants = parts.participants
    this.signalling = parts.signalling
    this.onFailure = parts.onFailure
    this.#membership = createClient(MembershipService, parts.rpc)
  }

  /** The groups of a person as of now, with the roster each answer is true for. */
  async groupsOf(userId: string): Promise<ReadonlyMap<string, number>> {
    const { groups } = await this.#membership.listGroupIds({ userId }, { headers: { [HEADERS.user]: userId } })
    return new Map(groups.map(({ groupId, rosterSeq }) => [groupId, Number(rosterSeq)]))
  }

  /** Lets a connection into the rooms of its groups; those it is no member of any more are left out. */
  async enter(connection: Connection, positions: ReadonlyMap<string, number>): Promise<Entered[]> {
    // All at once: one question to the log for each partition, not for each group.
    await this.rooms.open([...positions.keys()])
    const entered = await Promise.all(
      [...positions].map(([groupId, rosterSeq]) => this.rooms.enter(groupId, connection, rosterSeq)),
    )
    this.metrics.rooms.set(this.rooms.size)
    return entered.filter((one) => one !== undefined)
  }

  left(connection: Connection): void {
    this.rooms.leave(connection)
    this.peers.remove(connection)
    this.presence.disconnected(connection)
    this.metrics.connections.set(this.peers.size)
    this.metrics.rooms.set(this.rooms.size)
  }

  /** After the bus was gone nobody knows what was missed: everybody resumes, and the log knows. */
  resync(): void {
    this.participants.forget()
    for (const peer of this.peers.all()) {
      setTimeout(() => peer.close(CloseCode.RESUME), Math.random() * RESYNC_MS)
    }
  }

  /** Sends everybody to another gateway, spread over a few seconds. */
  async drain(): Promise<void> {
    const moved = [...this.peers.all()].map((peer) => {
      const afterMs = Math.round(Math.random() * DRAIN_MS)
      peer.send(serverFrame({ case: 'reconnect', value: { afterMs } }))
      return new Promise<void>((resolve) =>
        setTimeout(() => {
          peer.close(CloseCode.DRAINING)
          resolve()
        }, afterMs + 1_000),
      )
    })
    await Promise.all(moved)
    await this.presence.stop()
    this.rooms.stop()
    this.peers.stop()
  }
}
