import type { Platform } from '@beseda/platform'
import { Counter } from 'prom-client'
import type { SenderEvents } from './application/sender.js'

/** What the business wants to know of notifications. */
export class NotifyEvents implements SenderEvents {
  readonly #pushes: Counter<'result'>

  constructor(private readonly platform: Platform) {
    this.#pushes = new Counter({
      name: 'beseda_pushes_total',
      help: 'Notes sent to push services, by how it went.',
      labelNames: ['result'],
      registers: [platform.metrics],
    })
  }

  pushed(result: string, why?: string): void {
    this.#pushes.inc({ result })
    if (why !== undefined) this.platform.logger.warn({ result, why }, 'push')
  }
}
