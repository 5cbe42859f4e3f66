import type { Platform } from '@beseda/platform'
import { CallState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { Counter, Gauge } from 'prom-client'
import type { CallSession } from './domain/session.js'

/** What the business wants to know of calls. */
export class CallEvents {
  readonly #calls: Counter<'step'>

  /** `sessions`: how many calls ring or go on in the whole installation. */
  constructor(
    private readonly platform: Platform,
    sessions: () => Promise<number>,
  ) {
    new Gauge({
      name: 'beseda_call_sessions',
      help: 'Calls that ring or go on, in the whole installation.',
      registers: [platform.metrics],
      async collect() {
        this.set(await sessions().catch(() => Number.NaN))
      },
    })
    this.#calls = new Counter({
      name: 'beseda_calls_total',
      help: 'Steps in the lives of calls.',
      labelNames: ['step'],
      registers: [platform.metrics],
    })
  }

  moved(step: string, session: CallSession): void {
    this.#calls.inc({ step })
    const { id: callId, groupId, state, endReason } = session
    this.platform.logger.info({ step, callId, groupId, state: CallState[state], end: CallEndReason[endReason] }, 'call')
  }
}
