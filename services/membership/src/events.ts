import type { EventBody } from '@beseda/event-log'
import { Counter, type Registry } from 'prom-client'

/** Business metrics and log lines of the service. */
export class MembershipEvents {
  readonly #changes: Counter<'change'>

  constructor(
    metrics: Registry,
    private readonly logger: { info(facts: object, message: string): void },
  ) {
    this.#changes = new Counter({
      name: 'beseda_roster_changes_total',
      help: 'Events written about members, bans, join requests and invites, by kind of event.',
      labelNames: ['change'],
      registers: [metrics],
    })
  }

  /** What a command has written: nothing when it was a retry, or when there was nothing to change. */
  changed(events: readonly EventBody[], groupId: string, actorId: string): void {
    const changes = events.flatMap(({ case: change }) => change ?? [])
    if (changes.length === 0) return
    for (const change of changes) this.#changes.inc({ change })
    this.logger.info({ changes, groupId, actorId }, 'roster changed')
  }
}
