import { LOGGER, provide } from '@beseda/platform'
import type { Logger } from 'pino'
import { Counter, Registry } from 'prom-client'

/** Business metrics and log lines of the service. */
export class GroupEvents {
  readonly #groups: Counter<'kind'>
  readonly #messages: Counter<'by'>

  constructor(
    metrics: Registry,
    private readonly logger: Logger,
  ) {
    const registers = [metrics]
    this.#groups = new Counter({
      name: 'beseda_groups_created_total',
      help: 'Groups, channels and direct chats created.',
      labelNames: ['kind'],
      registers,
    })
    this.#messages = new Counter({
      name: 'beseda_messages_posted_total',
      help: 'Messages stored; retries do not count.',
      labelNames: ['by'],
      registers,
    })
  }

  created(groupId: string, kind: string): void {
    this.#groups.inc({ kind })
    this.logger.info({ groupId, kind }, 'group created')
  }

  deleted(groupId: string): void {
    this.logger.info({ groupId }, 'group deleted')
  }

  posted(by: 'person' | 'webhook'): void {
    this.#messages.inc({ by })
  }
}

export const groupEvents = provide(
  GroupEvents,
  [Registry, LOGGER],
  (metrics, logger) => new GroupEvents(metrics, logger),
)
