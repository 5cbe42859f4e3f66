import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type EventStore, Projection, SqliteView, type ViewDefinition } from '@beseda/event-log'
import { historyStream, personalStream } from '@beseda/proto'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import type { Registry } from 'prom-client'
import type { PlatformConfig } from '../config.js'
import type { Health } from '../status/health.js'
import { LogMetrics } from './log-metrics.js'

export interface ViewsOptions {
  readonly config: PlatformConfig
  readonly nats: NatsConnection
  readonly store: EventStore
  readonly health: Health
  readonly metrics: Registry
  readonly logger: Logger
  /** Ends the process: a view cannot follow its streams any more. */
  readonly fail: (error: unknown) => void
}

/** The views of a process, each in a SQLite file of its folder, and the streams that they follow. */
export class Views {
  readonly #options: ViewsOptions
  readonly #projections: Projection[] = []
  #metrics: LogMetrics | undefined

  constructor(options: ViewsOptions) {
    this.#options = options
  }

  /** Group histories of the partitions that this process serves. */
  get historyStreams(): readonly string[] {
    return this.#partitions.map(historyStream)
  }

  /** Personal state of the members of these groups: what each has read, hidden or saved. */
  get personalStreams(): readonly string[] {
    return this.#partitions.map(personalStream)
  }

  get #partitions(): readonly number[] {
    const { partitions, partitionCount } = this.#options.config
    return partitions === 'all' ? Array.from({ length: partitionCount }, (_, partition) => partition) : partitions
  }

  /**
   * Opens a view that follows its streams. The process is ready when the view has caught up.
   */
  open(definition: ViewDefinition, streams: readonly string[]): Projection {
    const { config, store, health, logger, fail } = this.#options
    const folder = join(config.dataDir, config.service)
    mkdirSync(folder, { recursive: true })
    const view = SqliteView.open(join(folder, `${definition.name}.sqlite`), definition)
    const projection = new Projection({
      store,
      view: config.rebuildViews ? view.reset() : view,
      streams,
      onFailure: fail,
    })
    let caughtUp = false
    void projection.ready.then(() => {
      caughtUp = true
      logger.info({ view: definition.name }, 'view is up to date')
    })
    health.addReadiness(`view ${definition.name}`, () => caughtUp)
    this.#observe(definition.name, streams, projection)
    this.#projections.push(projection)
    projection.start()
    return projection
  }

  /** Resolves when every view has caught up with its streams once. */
  async caughtUp(): Promise<void> {
    await Promise.all(this.#projections.map(({ ready }) => ready))
  }

  /** Positions of the views and the state of the streams that they follow. */
  async status(): ReturnType<LogMetrics['status']> {
    return this.#metrics ? this.#metrics.status() : { views: [], streams: [] }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#projections.map((projection) => projection.stop()))
  }

  #observe(view: string, streams: readonly string[], projection: Projection): void {
    this.#metrics ??= new LogMetrics(this.#options.nats, this.#options.metrics)
    for (const stream of streams) {
      this.#metrics.add({ view, stream, applied: () => projection.applied(stream) })
    }
  }
}
