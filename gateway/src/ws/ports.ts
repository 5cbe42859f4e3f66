import type { OutgoingSignal } from '@beseda/proto/gateway/v1/frames'
import type { Actor } from '../auth/actor.js'
import type { GatewayMetrics } from '../metrics.js'
import type { RelayedRequest } from '../requests/request-relay.js'
import type { EnteredRoom } from '../rooms/entry.js'
import type { ClientSocket } from '../session/client-socket.js'
import type { Registered } from './connections.js'

/** What a connection needs of the gateway, each piece as small as it is used. */
export interface ConnectionPorts {
  readonly registry: { remove(connection: Registered): void }
  readonly signIn: {
    /** Errors: UNAUTHENTICATED, TOKEN_EXPIRED, SESSION_REVOKED, RATE_LIMITED. */
    actor(token: string, address: string): Promise<Actor>
  }
  /** Runs the work of bringing a socket up in its turn. */
  readonly queue: { run<T>(work: () => Promise<T>): Promise<T> }
  readonly people: { add(socket: ClientSocket): void; remove(socket: ClientSocket): void }
  readonly rooms: {
    /** Lets the socket into the rooms of its person's groups. */
    enter(socket: ClientSocket): Promise<readonly EnteredRoom[]>
    leave(socket: ClientSocket): void
  }
  readonly requests: { call(request: RelayedRequest): Promise<Uint8Array> }
  readonly presence: {
    connected(socket: ClientSocket): void
    disconnected(socket: ClientSocket): void
    watch(socket: ClientSocket, userIds: readonly string[]): void
    setIdle(socket: ClientSocket, idle: boolean): void
  }
  readonly typing: { notify(socket: ClientSocket, groupId: string): Promise<void> }
  readonly signalling: { forward(socket: ClientSocket, signal: OutgoingSignal): Promise<void> }
  readonly metrics: Pick<GatewayMetrics, 'closed' | 'greeted' | 'resumed'>
  /** Share of actions that browsers are asked to trace, 0 to 1. */
  readonly traceRatio: number
  /** Largest file that people may upload. */
  readonly maxUploadBytes: number
  /** An error that is not the client's. */
  readonly onFailure: (error: unknown) => void
}
