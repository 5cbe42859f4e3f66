import type { StoredCommit } from '@beseda/event-log'
import { timestampMs } from '@bufbuild/protobuf/wkt'
import type { Logger } from 'pino'
import { Counter, Gauge, type Registry } from 'prom-client'
import { ExportObserver, type Position, SinkRefused } from './application/ports.js'
import type { Outgoing } from './domain/outgoing.js'

/** How far a stream has come, and since when (Unix ms) commits of it wait. */
interface Progress {
  seq: number
  behindSince: number | undefined
}

/** Metrics and log lines of all exports of the process. */
export class ExportEvents {
  readonly #records: Counter<'sink' | 'kind'>
  readonly #failures: Counter<'sink' | 'stream'>
  /** By sink, then by stream. */
  readonly #progress = new Map<string, Map<string, Progress>>()

  constructor(
    registry: Registry,
    private readonly logger: Logger,
    /** The end of a stream, as far as this process knows it. */
    endOf: (stream: string) => number,
  ) {
    this.#records = new Counter({
      name: 'beseda_export_records_total',
      help: 'Records handed to the sink, by kind: event, or erased (what the sink has of a message must go).',
      labelNames: ['sink', 'kind'],
      registers: [registry],
    })
    this.#failures = new Counter({
      name: 'beseda_export_sink_failures_total',
      help: 'Failures of the sink; after each a new client takes its place.',
      labelNames: ['sink', 'stream'],
      registers: [registry],
    })
    const progress = this.#progress
    new Gauge({
      name: 'beseda_export_lag_commits',
      help: 'Commits of a stream that have not arrived at the sink. Told by the exporter that has the stream, or has stopped before it.',
      labelNames: ['sink', 'stream'],
      registers: [registry],
      collect() {
        this.reset()
        for (const [sink, streams] of progress) {
          for (const [stream, { seq }] of streams) this.set({ sink, stream }, Math.max(0, endOf(stream) - seq))
        }
      },
    })
    new Gauge({
      name: 'beseda_export_lag_seconds',
      help: 'For how long commits of a stream have waited for the sink; 0: all have arrived.',
      labelNames: ['sink', 'stream'],
      registers: [registry],
      collect() {
        this.reset()
        for (const [sink, streams] of progress) {
          for (const [stream, at] of streams) {
            // The sink may be away while nothing is being sent: then it counts from when this is first asked.
            at.behindSince = endOf(stream) > at.seq ? (at.behindSince ?? Date.now()) : undefined
            this.set({ sink, stream }, at.behindSince === undefined ? 0 : (Date.now() - at.behindSince) / 1_000)
          }
        }
      },
    })
  }

  /** Of one sink. */
  of(sink: string): ExportObserver {
    for (const kind of ['event', 'erased']) this.#records.inc({ sink, kind }, 0)
    const streams = new Map<string, Progress>()
    this.#progress.set(sink, streams)
    const [records, failures, logger] = [this.#records, this.#failures, this.logger.child({ sink })]
    return new (class extends ExportObserver {
      sent(_: string, batch: readonly Outgoing[]): void {
        for (const kind of ['event', 'erased']) {
          records.inc({ sink, kind }, batch.filter((one) => one.kind === kind).length)
        }
      }
      position(stream: string, seq: number, waiting: StoredCommit | undefined): void {
        const time = waiting?.commit.time
        streams.set(stream, { seq, behindSince: time ? timestampMs(time) : undefined })
      }
      sinkFailed(stream: string, error: unknown): void {
        failures.inc({ sink, stream })
        if (error instanceof SinkRefused) logger.error({ stream }, error.message)
        else logger.warn({ stream, err: error }, 'the sink failed: a new one gets the same records')
      }
      interrupted(stream: string, err: unknown): void {
        logger.warn({ stream, err }, 'the export was interrupted; it goes on from its checkpoint')
      }
      taken(stream: string, { seq }: Position): void {
        logger.info({ stream, seq }, 'exporting from here')
      }
      elsewhere(stream: string): void {
        streams.delete(stream)
      }
      outrun(stream: string): void {
        streams.delete(stream)
        logger.warn({ stream }, 'another exporter has the stream')
      }
      newEpoch(stream: string): void {
        // Nothing of the new log has arrived, and nothing will: whoever watches the lag must see it grow.
        streams.set(stream, { seq: 0, behindSince: streams.get(stream)?.behindSince ?? Date.now() })
        logger.error(
          { stream },
          'the log was created anew, so its export has stopped: start with EXPORT_ACCEPT_EPOCH=true to export the new one from its beginning',
        )
      }
    })()
  }
}
