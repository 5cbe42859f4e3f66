import { CallState } from '@beseda/proto/call/v1/call_service'
import type { CallSession } from '../domain/session.js'

/** A session with what it has still to tell the history: written with the change itself, so that no crash loses it. */
export interface CallDocument {
  readonly session: CallSession
  /** Commits as protobuf JSON, oldest first. */
  readonly pending: readonly string[]
}

/** Sessions vanish at 12 h whatever happens: no call lasts longer, and nothing can be left behind. */
export const SESSION_TTL_MS = 12 * 3_600_000
/** How long a call that has ended is remembered: a late answer is told that it is over, a retried start rings nobody. */
const ENDED_TTL_MS = 10 * 60_000
/** From now on, ms. */
export function ttlOf({ session, pending }: CallDocument): number {
  if (session.state === CallState.ENDED && pending.length === 0) return ENDED_TTL_MS
  return session.startedAt + SESSION_TTL_MS - Date.now()
}
