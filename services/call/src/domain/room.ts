import { CallState } from '@beseda/proto/call/v1/call_service'
import { refuseMuted, type Standing } from '@beseda/rules'
import { remove } from './call.js'
import type { CallChange } from './call-change.js'
import type { CallSession } from './session.js'

/** Whoever is muted in the group is not heard in its voice room: they do not enter it, and do not stay (ADR 98). Errors: MUTED. */
export function requireVoice(
  session: CallSession | undefined,
  standing: Pick<Standing, 'mutedUntil'>,
  now: number,
): void {
  if (session?.room && session.state !== CallState.ENDED) refuseMuted(standing, now)
}

/** A member was muted in the group: they are out of its voice room, and stay in any other call. */
export const silence = (session: CallSession, userId: string, now: number): CallChange =>
  session.room ? remove(session, userId, now) : { session, events: [] }
