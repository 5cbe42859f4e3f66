import type { Platform } from '@beseda/platform'
import { Counter } from 'prom-client'

/** What the business wants to know of rosters: one counter by what happened, one line in the log. */
export class MembershipEvents {
  readonly #changes: Counter<'change'>

  constructor(private readonly platform: Platform) {
    this.#changes = new Counter({
      name: 'beseda_roster_changes_total',
      help: 'Changes of rosters and invites.',
      labelNames: ['change'],
      registers: [platform.metrics],
    })
  }

  changed(change: string, groupId: string, actorId: string): void {
    this.#changes.inc({ change })
    this.platform.logger.info({ change, groupId, actorId }, 'roster changed')
  }
}
