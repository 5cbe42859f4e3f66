import type { Platform } from '@beseda/platform'
import { Counter } from 'prom-client'

/** What the business wants to know of groups and messages. */
export class GroupEvents {
  readonly #groups: Counter<'kind'>
  readonly #messages: Counter<'by'>

  constructor(private readonly platform: Platform) {
    const registers = [platform.metrics]
    this.#groups = new Counter({
      name: 'beseda_groups_created_total',
      help: 'Groups founded.',
      labelNames: ['kind'],
      registers,
    })
    this.#messages = new Counter({
      name: 'beseda_messages_posted_total',
      help: 'Messages stored.',
      labelNames: ['by'],
      registers,
    })
  }

  created(groupId: string, kind: string): void {
    this.#groups.inc({ kind })
    this.platform.logger.info({ groupId, kind }, 'group founded')
  }

  deleted(groupId: string): void {
    this.platform.logger.info({ groupId }, 'group deleted')
  }

  posted(by: 'person' | 'webhook'): void {
    this.#messages.inc({ by })
  }
}
