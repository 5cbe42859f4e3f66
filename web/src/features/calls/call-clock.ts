import type { Call } from '@beseda/proto/call/v1/call_service'
import { timestampMs } from '@bufbuild/protobuf/wkt'

/** Larger differences come from a clock that was put right, smaller ones from the network. */
const TOLERANCE_MS = 1_500

/**
 * Since when a call goes on, by the server's clock: the same on all devices, after a reload, and where the clock of this device is wrong.
 * Only differences are taken from either clock.
 */
export class CallClock {
  #begunAt = 0

  /** When the call was answered, in Unix ms of this device's clock; 0: not yet. */
  get begunAt(): number {
    return this.#begunAt
  }

  /** A call state that was received at `now`. */
  hear({ answeredAt, sentAt }: Pick<Call, 'answeredAt' | 'sentAt'>, now: number): void {
    if (!answeredAt || !sentAt) return
    const begunAt = now - (timestampMs(sentAt) - timestampMs(answeredAt))
    if (Math.abs(begunAt - this.#begunAt) > TOLERANCE_MS) this.#begunAt = begunAt
  }
}

/** How long a call rings from now on, in ms; a server that does not say when it sent the state: `otherwise`. */
export function ringsForMs(
  { ringExpiresAt, sentAt }: Pick<Call, 'ringExpiresAt' | 'sentAt'>,
  otherwise: number,
): number {
  return ringExpiresAt && sentAt ? Math.max(0, timestampMs(ringExpiresAt) - timestampMs(sentAt)) : otherwise
}
