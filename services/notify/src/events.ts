import type { Logger } from 'pino'
import { Counter, type Registry } from 'prom-client'
import type { NotifyObserver, PushResult } from './application/ports.js'

/** Business metrics and log lines of notifications. */
export class NotifyEvents implements NotifyObserver {
  readonly #pushes: Counter<'result'>

  constructor(
    registry: Registry,
    private readonly logger: Logger,
  ) {
    this.#pushes = new Counter({
      name: 'beseda_pushes_total',
      help: 'Pushes by result: sent, gone (the subscription no longer exists), failed, or dropped (too many waited).',
      labelNames: ['result'],
      registers: [registry],
    })
  }

  pushed(result: PushResult['kind'] | 'dropped', why?: string): void {
    this.#pushes.inc({ result })
    if (why !== undefined) this.logger.warn({ result, why }, 'push failed')
  }

  failed(error: unknown): void {
    this.logger.warn({ err: error }, 'a notification failed')
  }
}
