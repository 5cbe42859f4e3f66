import type { CloseCode } from '@beseda/proto/gateway/v1/close_codes'

/** One signed-in socket, as the fan-out sees it. */
export interface Peer {
  readonly userId: string
  readonly deviceId: string
  readonly sessionId: string
  readonly closed: boolean
  /** Resolves when Ready has been sent: nothing may come before it. */
  readonly ready: Promise<void>
  /** An encoded ServerFrame. */
  send(frame: Uint8Array): void
  close(code: CloseCode): void
}
