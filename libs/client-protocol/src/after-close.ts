import { backoffMs } from '@beseda/kernel'
import { CloseCode } from '@beseda/proto/gateway/v1/close_codes'

/**
 * The longest delay. Longer: a client may be offline for this long after everything works again; shorter: more attempts while nothing
 * works. Everybody should be back within 30 s.
 */
const MAX_DELAY_MS = 15_000

/**
 * Delay of a browser that reports no network: the `online` event ends it at once. Limited, because a
 * browser can be wrong about it, and a server on the same machine needs no network.
 */
const OFFLINE_MS = 30_000

export type AfterClose =
  /** Open again after the delay, with cursors. */
  | { readonly kind: 'resume'; readonly delayMs: number; readonly refreshToken: boolean }
  /** Stay closed and show the reason to the person. */
  | { readonly kind: 'stop'; readonly why: 'signed out' | 'elsewhere' | 'outdated' }

/**
 * What a client does after a close (docs/protocol.md): the range of the code decides, so that codes of newer servers are followed too.
 * `attempt` counts the closes since the last connection that went live, from 0; `random` is in [0, 1).
 */
export function afterClose(code: number, attempt: number, random: number, online = true): AfterClose {
  switch (code) {
    case CloseCode.REPLACED:
      return { kind: 'stop', why: 'elsewhere' }
    case CloseCode.UNAUTHENTICATED:
    case CloseCode.SESSION_ENDED:
      return { kind: 'stop', why: 'signed out' }
    default:
  }
  if (code >= 4500 && code < 5000) return { kind: 'stop', why: 'outdated' }
  const refreshToken = code === CloseCode.TOKEN_EXPIRED
  if (!online) return { kind: 'resume', delayMs: OFFLINE_MS, refreshToken }
  const announced = code >= 4000 && code < 4500 && attempt === 0
  return { kind: 'resume', delayMs: announced ? 0 : backoffMs(attempt, random, 1_000, MAX_DELAY_MS), refreshToken }
}
