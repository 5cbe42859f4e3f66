import { Alarm, type Clock } from '../time/clock.js'
import type { Step } from './client-log.js'

/** Interval of reports. Shorter: more requests; longer: more is lost when a window crashes. At 10 s a window sends at most 6 a minute, and the gateway accepts 20. */
const BATCH_MS = 10_000
/** Largest random addition to both delays, so that clients do not all report at once after a fault that all of them met. */
const JITTER_MS = 5_000
/** Delay after a report that did not arrive. */
const RETRY_MS = 60_000
/** The same kind, source and reason is reported once in this time, so that an error in a loop is one error. */
const REPEAT_MS = 60_000
/** Limit of events in one report, and of events that wait while there is no network. The oldest are dropped first. */
const MAX_EVENTS = 32

export interface ReporterParts {
  readonly clock: Clock
  /** From 0 up to 1. */
  readonly random: () => number
  /** Sends one report. Rejects when the server is unreachable; a report that the server refuses is dropped. */
  send(events: readonly Step[]): Promise<void>
}

/** Reports steps with a kind to the gateway: in batches, deduplicated, and after the network is back. */
export class Reporter {
  #waiting: Step[] = []
  readonly #lastAt = new Map<string, number>()
  readonly #alarm: Alarm

  constructor(private readonly parts: ReporterParts) {
    this.#alarm = new Alarm(parts.clock)
  }

  take(step: Step): void {
    const now = this.parts.clock.now()
    const key = `${step.kind} ${step.source} ${step.reason ?? ''}`
    if (now - (this.#lastAt.get(key) ?? Number.NEGATIVE_INFINITY) < REPEAT_MS) return
    for (const [known, at] of this.#lastAt) if (now - at >= REPEAT_MS) this.#lastAt.delete(known)
    this.#lastAt.set(key, now)
    this.#waiting = [...this.#waiting, step].slice(-MAX_EVENTS)
    if (!this.#alarm.isSet) this.#alarm.set(this.#after(BATCH_MS), () => void this.flush())
  }

  /** Sends the waiting events now, as when the page is about to close. */
  async flush(): Promise<void> {
    this.#alarm.clear()
    const events = this.#waiting
    this.#waiting = []
    if (events.length === 0) return
    try {
      await this.parts.send(events)
    } catch {
      // The server is unreachable. An error here must not become an event itself.
      this.#waiting = [...events, ...this.#waiting].slice(-MAX_EVENTS)
      this.#alarm.set(this.#after(RETRY_MS), () => void this.flush())
    }
  }

  #after(waitMs: number): number {
    return waitMs + this.parts.random() * JITTER_MS
  }
}
