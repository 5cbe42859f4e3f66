import { forEachSettled } from '@beseda/async'
import type { StoredCommit } from '@beseda/event-log'
import type { GroupHistory } from '@beseda/history'
import { newId } from '@beseda/kernel'
import { PEOPLE_STREAM } from '@beseda/proto'
import { rosterChanges } from '@beseda/rules'
import { departures, isGone } from '../projections/queries.js'
import type { Rosters } from './rosters.js'

/** How long one departure may take before the next round tries it again. */
const TIMEOUT_MS = 10_000

/**
 * Takes people whose accounts are no more out of their groups. Every replica does it: whoever comes second finds nothing to
 * do. A group that cannot be dealt with keeps no other waiting.
 */
export class Departures {
  #running = false

  constructor(
    private readonly history: GroupHistory,
    private readonly rosters: Rosters,
  ) {}

  /** After this commit there may be somebody to take out: an account has ended, or somebody was let in at the moment theirs did. */
  concerns({ stream, commit }: StoredCommit): boolean {
    if (stream === PEOPLE_STREAM) return true
    const come = commit.events.flatMap(({ body }) => {
      if (body.case === 'joinRequested') return [body.value.userId]
      return rosterChanges(body).flatMap(({ userId, role }) => (role === undefined ? [] : [userId]))
    })
    return come.some((userId) => isGone(this.history.view, userId))
  }

  /** Errors: PartialFailure, what is for the next round. */
  async round(now: Date): Promise<void> {
    if (this.#running) return
    this.#running = true
    try {
      await forEachSettled(
        departures(this.history.view),
        ({ group_id, user_id }) => `group ${group_id}, person ${user_id}`,
        ({ group_id, user_id }) => {
          const signal = AbortSignal.timeout(TIMEOUT_MS)
          const caller = { commandId: newId(), userId: user_id, now, traceparent: undefined, signal }
          return this.rosters.run(group_id, { type: 'Depart' }, caller)
        },
      )
    } finally {
      this.#running = false
    }
  }
}
