import { setTimeout as pause } from 'node:timers/promises'
import type { Outgoing } from '../domain/outgoing.js'
import { type Sink, SinkRefused, type Sinks } from './ports.js'

/** Pause after a failure. Shorter: a sink that is away is asked more often; longer: the export stands still when it is back. */
const RETRY_MS = 1_000
/** Pause after a refusal, which an operator must mend. */
const REFUSED_MS = 30_000

/** A sink that is replaced whenever it fails: Kafka's client, for one, stays disconnected for ever after an outage. */
export class SteadySink {
  #sink: Sink | undefined
  #used = false

  constructor(
    private readonly sinks: Sinks,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** Something may have arrived. */
  get used(): boolean {
    return this.#used
  }

  /** Resolves when the batch has arrived, however long that takes. Errors: the signal's reason when it aborts. */
  async send(batch: readonly Outgoing[], signal: AbortSignal): Promise<void> {
    for (;;) {
      signal.throwIfAborted()
      try {
        this.#sink ??= await this.sinks.open()
        this.#used = true
        await this.#sink.send(batch)
        return
      } catch (error) {
        this.failed(error)
        await this.close()
        await pause(error instanceof SinkRefused ? REFUSED_MS : RETRY_MS, undefined, { signal })
      }
    }
  }

  async close(): Promise<void> {
    const sink = this.#sink
    this.#sink = undefined
    await sink?.close()
  }
}
