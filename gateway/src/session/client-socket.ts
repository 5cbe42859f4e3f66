import type { CloseCode } from '@beseda/proto/gateway/v1/close_codes'

/** One signed-in socket, as the fan-out sees it. */
export interface ClientSocket {
  readonly userId: string
  readonly deviceId: string
  readonly sessionId: string
  readonly closed: boolean
  /** Runs the work once Ready has been sent: nothing may come before it. */
  whenReady(work: () => void): void
  /** An encoded ServerFrame. */
  send(frame: Uint8Array): void
  /** Resolves when what was sent is not much in arrears any more, or the socket is closed. Undefined: so it is now. */
  drained(): Promise<void> | undefined
  /** From now on, what is published on the topic comes too, in its place among what is sent. */
  follow(topic: string): void
  unfollow(topic: string): void
  close(code: CloseCode): void
}
