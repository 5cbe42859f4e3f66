import type { EventBody } from './events.js'
import type { CallSession } from './session.js'

/** A call after a change, and the events for the log. When nothing changed, `session` is the one that was given. */
export interface CallChange {
  readonly session: CallSession
  readonly events: readonly EventBody[]
}
