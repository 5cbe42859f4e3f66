import type { GroupHistory } from '@beseda/event-log'
import { newId } from '@beseda/kernel'
import { departures } from '../projections/queries.js'
import type { Rosters } from './rosters.js'

/** How long one departure may take before the next round tries it again. */
const TIMEOUT_MS = 10_000

/**
 * Takes people whose accounts are no more out of their groups. Every replica does it: whoever comes second finds nothing to
 * do.
 */
export class Departures {
  #running = false

  constructor(
    private readonly history: GroupHistory,
    private readonly rosters: Rosters,
  ) {}

  async round(now: Date): Promise<void> {
    if (this.#running) return
    this.#running = true
    try {
      for (const { group_id, user_id } of departures(this.history.view)) {
        const signal = AbortSignal.timeout(TIMEOUT_MS)
        const caller = { commandId: newId(), userId: user_id, now, traceparent: undefined, signal }
        await this.rosters.run(group_id, { type: 'Depart' }, caller)
      }
    } finally {
      this.#running = false
    }
  }
}
