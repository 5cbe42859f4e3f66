import type { Platform } from '@beseda/platform'
import { CallState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import { Counter } from 'prom-client'
import type { CallSession } from './domain/session.js'

/** What the business wants to know of calls. */
export class CallEvents {
  readonly #calls: Counter<'step'>

  constructor(private readonly platform: Platform) {
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
