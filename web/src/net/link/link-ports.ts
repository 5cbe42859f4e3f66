import type { Cursor } from '@beseda/proto/gateway/v1/frames'
import type { ClientLog } from '../../diagnostics/client-log.js'
import type { Clock } from '../../time/clock.js'
import type { Frame, LinkState } from './wire.js'

export interface LinkListener {
  /** Called for every Hello. */
  cursors(): Cursor[]
  /** Calls back when the cursors are complete: at once, unless a saved history is being restored. */
  whenRestored(then: () => void): void
  /** A frame, decoded and raw. */
  frame(frame: Frame, bytes: Uint8Array): void
  state(state: LinkState): void
}

export interface SocketListener {
  opened(): void
  message(bytes: Uint8Array): void
  /** Called once, however the connection ended. */
  closed(code: number): void
}

/** The part of a WebSocket that is used. */
export interface Socket {
  readonly status: 'connecting' | 'open' | 'closed'
  send(bytes: Uint8Array): void
  close(code?: number): void
}

export interface Tokens {
  /** A token that stays valid for a while; undefined when nobody is signed in; rejects when the server is unreachable. */
  access(): Promise<string | undefined>
  /** The server refuses the token: the next `access` gets a new one. */
  expire(): void
  /** When the current token expires, Unix ms; 0 without one. */
  expiresAt(): number
}

/** Events around the connection. */
export interface Surroundings {
  online(): boolean
  watch(listener: {
    /** The network is back, or the person is. */
    back(): void
    offline(): void
    /** Called periodically while the window is hidden, where timers are slowed down. */
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
