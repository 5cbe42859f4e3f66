import type { CloseCode } from '@beseda/proto/gateway/v1/close_codes'

/** Names a device among all: its id alone is chosen by the client, and may be that of somebody else's. */
export const deviceKey = ({ userId, deviceId }: Pick<ClientSocket, 'userId' | 'deviceId'>): string =>
  `${userId}.${deviceId}`

/** One signed-in socket, as rooms and people see it. */
export interface ClientSocket {
  readonly userId: string
  readonly deviceId: string
  readonly sessionId: string
  readonly closed: boolean
  /** Runs the work once Ready has been sent; nothing may be sent before it. */
  whenReady(work: () => void): void
  /** An encoded ServerFrame. */
  send(frame: Uint8Array): void
  /** Resolves when little of what was sent is unsent, or the socket is closed. Undefined: little is unsent now. */
  drained(): Promise<void> | undefined
  /** From now on what is published on the topic is sent too, in its order among other frames. */
  follow(topic: string): void
  unfollow(topic: string): void
  close(code: CloseCode): void
}
