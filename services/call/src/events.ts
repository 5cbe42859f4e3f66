import { CallState } from '@beseda/proto/call/v1/call_service'
import { CallEndReason } from '@beseda/proto/call/v1/events'
import type { Logger } from 'pino'
import { Counter, Gauge, type Registry } from 'prom-client'
import type { CallObserver, KeyGroup } from './application/ports.js'
import type { CallSession, Device } from './domain/session.js'
import type { CallStep } from './domain/steps.js'

export interface CallFigures {
  /** How many calls ring or go on in the whole installation. */
  sessions(): Promise<number>
  /** How far the clock of this host is ahead of Redis', ms; undefined: not known yet. */
  clocksApart(): number | undefined
  /** Nodes of the SFU that the operator names, and how many of them answer. */
  sfuNodes(): { readonly named: number; readonly living: number }
}

/** Business metrics and log lines of calls. */
export class CallEvents implements CallObserver {
  readonly #steps: Counter<'step'>

  constructor(
    registry: Registry,
    private readonly logger: Logger,
    figures: CallFigures,
  ) {
    new Gauge({
      name: 'beseda_call_sessions',
      help: 'Calls that ring or go on, in the whole installation.',
      registers: [registry],
      async collect() {
        // Redis is away: the number is unknown, not zero.
        this.set(await figures.sessions().catch(() => Number.NaN))
      },
    })
    new Gauge({
      name: 'beseda_call_clock_ahead_seconds',
      help: 'How far the clock of this host is ahead of the clock of Redis. Calls live by the latter; tokens and times of messages by the former.',
      registers: [registry],
      collect() {
        this.set((figures.clocksApart() ?? Number.NaN) / 1_000)
      },
    })
    new Gauge({
      name: 'beseda_sfu_nodes',
      help: 'Nodes of the SFU that the operator names (SFU_NODES).',
      registers: [registry],
      collect() {
        this.set(figures.sfuNodes().named)
      },
    })
    new Gauge({
      name: 'beseda_sfu_nodes_living',
      help: 'Nodes of the SFU that answer this process.',
      registers: [registry],
      collect() {
        this.set(figures.sfuNodes().living)
      },
    })
    this.#steps = new Counter({
      name: 'beseda_calls_total',
      help: 'Calls started and ended, and participants who joined, moved, returned, declined, left or lapsed; and media that went to the SFU, to another room of it or back to the mesh; by step.',
      labelNames: ['step'],
      registers: [registry],
    })
  }

  happened(step: CallStep, { id: callId, groupId, state, endReason }: CallSession): void {
    this.#steps.inc({ step })
    this.logger.info({ step, callId, groupId, state: CallState[state], end: CallEndReason[endReason] }, 'call')
  }

  keysMoved(group: KeyGroup, epoch: number, { deviceId }: Device): void {
    const { callId, groupId, generation } = group
    this.logger.info({ callId, groupId, generation, epoch, deviceId }, 'keys of a call')
  }

  sfuFailed(error: unknown): void {
    this.logger.warn({ err: error }, 'a node of the SFU did not do what it was asked')
  }

  logFailed(error: unknown): void {
    this.logger.warn({ err: error }, 'a commit of a call could not be written and stays pending')
  }
}
