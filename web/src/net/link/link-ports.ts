import type { Cursor } from '@beseda/proto/gateway/v1/frames'
import type { ClientLog } from '../../diagnostics/client-log.js'
import type { Clock } from '../../time/clock.js'
import type { Frame, LinkState } from './wire.js'

export interface LinkListener {
  /** Asked for at every Hello. */
  cursors(): Cursor[]
  /** A frame, decoded and as it came. */
  frame(frame: Frame, bytes: Uint8Array): void
  state(state: LinkState): void
}

export interface SocketListener {
  opened(): void
  message(bytes: Uint8Array): void
  /** Once, however the connection ended. */
  closed(code: number): void
}

/** The part of a WebSocket that is used. */
export interface Socket {
  readonly status: 'connecting' | 'open' | 'closed'
  send(bytes: Uint8Array): void
  close(code?: number): void
}

export interface Tokens {
  /** A token that is good for a while; undefined when nobody is signed in; rejects when the server cannot be reached. */
  access(): Promise<string | undefined>
  /** The token is not taken any more: the next `access` gets a new one. */
  expire(): void
  /** When the present token ends, Unix ms; 0 without one. */
  expiresAt(): number
}

/** What happens around the connection. */
export interface Surroundings {
  online(): boolean
  watch(listener: {
    /** The network is back, or the person is. */
    back(): void
    offline(): void
    /** Now and then while the window is hidden, where timers are slowed down. */
    hiddenTick(): void
  }): void
}

export interface LinkParts {
  readonly clock: Clock
  /** In [0, 1). */
  readonly random: () => number
  readonly tokens: Tokens
  readonly surroundings: Surroundings
  readonly openSocket: (listener: SocketListener) => Socket
  readonly log: Pick<ClientLog, 'step' | 'error'>
}
