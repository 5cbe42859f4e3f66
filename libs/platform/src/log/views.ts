import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import {
  Checkpoints,
  dropAside,
  type EventStore,
  Projection,
  type RebuildReason,
  removeViewFile,
  SqliteView,
  type ViewDefinition,
  type ViewObserver,
} from '@beseda/event-log'
import { historyStream, personalStream } from '@beseda/proto'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Logger } from 'pino'
import { Counter, type Registry } from 'prom-client'
import type { PlatformConfig } from '../config.js'
import { observeDisk } from '../metrics/disk-metrics.js'
import type { Health } from '../status/health.js'
import { CopyGiver } from './copies/give-copies.js'
import { copySubject } from './copies/parts.js'
import { takeCopy } from './copies/take-copy.js'
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

/**
 * Between two cuts of the views' write-ahead logs, which hold what was erased. Shorter: more waits for the disk while little is
 * written; longer: what people delete stays in the files for longer.
 */
const CUT_MS = 30_000
/** How long a file that was set aside is kept for whoever looks into it: it may hold what was erased since. */
const ASIDE_MS = 24 * 3_600_000

/** Reasons that point at the disk, at a log that was restored, or at somebody's mistake. */
const UNEXPECTED: ReadonlySet<RebuildReason> = new Set(['damaged', 'unreadable', 'foreign', 'ahead'])

/** Where a copy is written. One that has not arrived as a whole is nothing. */
const arriving = (file: string): string => `${file}.arriving`

/** The views of a process, each in a SQLite file of its folder, and the streams that they follow. */
export class Views {
  readonly #options: ViewsOptions
  readonly #projections: Projection[] = []
  readonly #files: string[] = []
  readonly #givers: CopyGiver[] = []
  readonly #stopping = new AbortController()
  readonly #cutting: ReturnType<typeof setInterval>
  #checkpoints: Checkpoints | undefined
  readonly #rebuilds: Counter<'view' | 'reason'>
  /** Views whose files turned out to be damaged. */
  readonly #damaged = new Set<string>()
  #metrics: LogMetrics | undefined

  constructor(options: ViewsOptions) {
    this.#options = options
    this.#rebuilds = new Counter({
      name: 'beseda_view_rebuilds_total',
      help: 'Views that this process has built again from the log, by reason.',
      labelNames: ['view', 'reason'],
      registers: [options.metrics],
    })
    this.#cutting = setInterval(() => void this.eraseLeftovers(), CUT_MS)
    this.#cutting.unref()
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
    const { name } = definition
    for (const reason of UNEXPECTED) this.#rebuilds.inc({ view: name, reason }, 0)
    const file = join(folder, `${name}.sqlite`)
    this.#files.push(file)
    removeViewFile(arriving(file))
    if (!this.#checkpoints) observeDisk(this.#options.metrics, folder)
    this.#checkpoints ??= this.#startCheckpoints()
    const { view, rebuilt } = this.#openFile(file, definition, this.#checkpoints)
    const subject = copySubject(config.service, definition, streams)
    const projection = new Projection({
      store,
      view,
      streams,
      onFailure: fail,
      // What was damaged here may have come from there, and an operator who asks for a rebuild wants the log to be read.
      ...(rebuilt === undefined || rebuilt === 'version'
        ? { copy: (replaceBy) => this.#copy(replaceBy, file, subject) }
        : {}),
      onDiskFull: (err) => logger.error({ err, view: name }, 'the disk is full: the view waits for room'),
    })
    this.#give(projection, file, subject, this.#checkpoints)
    let caughtUp = false
    void projection.ready.then(() => {
      caughtUp = true
      logger.info({ view: name }, 'view is up to date')
    })
    health.addReadiness(`view ${name}`, () => caughtUp && !projection.diskFull && !this.#damaged.has(name))
    this.#observe(name, streams, projection)
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

  /** What was erased from the views leaves their write-ahead logs, too, and files that were set aside are deleted in time. Runs by itself. */
  async eraseLeftovers(): Promise<void> {
    try {
      for (const file of this.#files) dropAside(file, ASIDE_MS)
      await Promise.all(this.#projections.map(({ view }) => view.cutLog()))
    } catch (err) {
      this.#options.logger.warn(
        { err },
        'what was erased from a view may be left in its files; the next round tries again',
      )
    }
  }

  async stop(): Promise<void> {
    clearInterval(this.#cutting)
    this.#stopping.abort()
    for (const giver of this.#givers) giver.stop()
    await Promise.all(this.#projections.map((projection) => projection.stop()))
    await this.#checkpoints?.stop()
    await Promise.all(this.#givers.map((giver) => giver.close()))
  }

  #openFile(file: string, definition: ViewDefinition, checkpoints: Checkpoints) {
    let rebuilt: RebuildReason | undefined
    const observer = this.#observerOf(definition.name)
    const noting: ViewObserver = {
      ...observer,
      rebuilt: (reason, cause) => {
        rebuilt = reason
        observer.rebuilt?.(reason, cause)
      },
    }
    const opened = SqliteView.open(file, definition, noting, checkpoints)
    const view = this.#options.config.rebuildViews ? opened.reset('requested') : opened
    return { view, rebuilt }
  }

  /** The content that another replica has, if there is one; otherwise the log is read. */
  async #copy(replaceBy: (file: string) => boolean, file: string, subject: string): Promise<void> {
    const { nats, logger } = this.#options
    const target = arriving(file)
    const began = performance.now()
    try {
      const bytes = await takeCopy({ nats, subject, target, signal: this.#stopping.signal })
      if (bytes === undefined) return
      const isTaken = replaceBy(target)
      const told = { file, bytes, ms: Math.round(performance.now() - began) }
      if (isTaken) logger.info(told, 'the view begins as a copy of another replica')
      else logger.warn(told, 'what another replica has sent is not this view: the log is read')
    } catch (err) {
      logger.warn({ err, file }, 'no copy of the view has arrived: the log is read')
    } finally {
      removeViewFile(target)
    }
  }

  #give(projection: Projection, file: string, subject: string, checkpoints: Checkpoints): void {
    const { nats, logger } = this.#options
    const giver = new CopyGiver({ nats, subject, file, checkpoints, logger })
    this.#givers.push(giver)
    void projection.ready.then(() => {
      if (!this.#stopping.signal.aborted) giver.start()
    })
  }

  #startCheckpoints(): Checkpoints {
    const { logger, fail } = this.#options
    return new Checkpoints({
      failed: (file, error) => logger.warn({ file, error }, 'a checkpoint of a view failed and is tried again'),
      died: fail,
    })
  }

  /** A process whose view is damaged answers nothing with it: it is not ready, and ends. The next one builds the view again. */
  #observerOf(view: string): ViewObserver {
    const { logger, fail } = this.#options
    return {
      rebuilt: (reason, err) => {
        this.#rebuilds.inc({ view, reason })
        const unexpected = UNEXPECTED.has(reason)
        logger[unexpected ? 'warn' : 'info']({ view, reason, err }, 'the view is built again from the log')
      },
      damaged: (err) => {
        this.#damaged.add(view)
        logger.error({ view, err }, 'the file of the view is damaged and set aside: the process ends to build it again')
        fail(err)
      },
    }
  }

  #observe(view: string, streams: readonly string[], projection: Projection): void {
    this.#metrics ??= new LogMetrics(this.#options.nats, this.#options.metrics)
    for (const stream of streams) {
      this.#metrics.add({ view, stream, applied: () => projection.applied(stream) })
    }
  }
}
