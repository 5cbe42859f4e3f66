import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { Leftovers } from '@beseda/async'
import {
  type EventStore,
  JetStreamEventStore,
  Projection,
  SqliteView,
  type StoredCommit,
  type ViewDefinition,
} from '@beseda/event-log'
import { historyStream, personalStream } from '@beseda/proto'
import { natsTransport } from '@beseda/rpc'
import type { Transport } from '@connectrpc/connect'
import type { NatsConnection } from '@nats-io/transport-node'
import type { Redis } from 'ioredis'
import { type Logger, pino } from 'pino'
import { Counter, Registry } from 'prom-client'
import { BackgroundWork } from './background-work.js'
import type { PlatformConfig } from './config.js'
import { Health } from './health.js'
import { observeBusStorage } from './metrics/bus-metrics.js'
import { LogMetrics } from './metrics/log-metrics.js'
import { MeasuredEventStore } from './metrics/measured-store.js'
import { observeProcess, observeRedis } from './metrics/process-metrics.js'
import { connectNats } from './nats.js'
import { connectRedis } from './redis.js'
import { answerStatus } from './status.js'

/** How often work in the background looks for what a failed round has left. */
const BACKGROUND_MS = 30_000

/** Everything a process stands on, opened once and closed in the opposite order. */
export class Platform {
  readonly health = new Health()
  readonly metrics = new Registry()
  readonly rpc: Transport
  readonly store: EventStore
  /** What this process counts, for the administrators' overview: by name. */
  readonly figures = new Map<string, () => number | Promise<number>>()
  readonly #failures = new Counter({
    name: 'beseda_background_failures_total',
    help: 'What work in the background could not do and tries again, by kind of work.',
    labelNames: ['work'],
    registers: [this.metrics],
  })
  readonly #closers: (() => Promise<unknown>)[] = []
  readonly #views: Promise<void>[] = []
  #redis: Redis | undefined
  #logMetrics: LogMetrics | undefined

  private constructor(
    readonly config: PlatformConfig,
    readonly logger: Logger,
    readonly nats: NatsConnection,
    store: EventStore,
    /** Ends the process: what it depends on for good is broken. */
    private readonly fail: (error: unknown) => void,
  ) {
    this.rpc = natsTransport(nats, { partitionCount: config.partitionCount })
    this.store = new MeasuredEventStore(store, this.metrics)
    observeProcess(this.metrics, this.health, nats)
    if (config.natsMonitorUrl) observeBusStorage(this.metrics, config.natsMonitorUrl)
    this.health.addReadiness('nats', () => !nats.isClosed() && nats.info !== undefined)
    this.onClose(() => nats.drain())
  }

  static async open(config: PlatformConfig, fail: (error: unknown) => void): Promise<Platform> {
    const logger = pino({ level: config.logLevel, base: { service: config.service } })
    const nats = await connectNats(config)
    const store = await JetStreamEventStore.open(nats)
    const platform = new Platform(config, logger, nats, store, fail)
    answerStatus(platform)
    return platform
  }

  /** Connected at its first use. */
  get redis(): Redis {
    if (!this.#redis) {
      const redis = connectRedis(this.config, this.logger)
      this.#redis = redis
      observeRedis(this.metrics, redis)
      this.health.addReadiness('redis', async () => (await redis.ping()) === 'PONG')
      this.onClose(async () => redis.disconnect())
    }
    return this.#redis
  }

  /** How far the views are, and how the streams are that they follow. */
  async logStatus(): ReturnType<LogMetrics['status']> {
    return this.#logMetrics ? this.#logMetrics.status() : { views: [], streams: [] }
  }

  /** The streams of the partitions that this process serves. */
  historyStreams(): string[] {
    return this.#partitions().map(historyStream)
  }

  /** Beside them, what members keep for themselves. */
  personalStreams(): string[] {
    return this.#partitions().map(personalStream)
  }

  #partitions(): readonly number[] {
    const { partitions, partitionCount } = this.config
    return partitions === 'all' ? Array.from({ length: partitionCount }, (_, p) => p) : partitions
  }

  /**
   * A view in the process's folder that follows its streams; the process is ready when it has caught up. With `--rebuild`
   * on the command line it begins empty.
   */
  project(definition: ViewDefinition, streams: readonly string[]): Projection {
    const folder = join(this.config.dataDir, this.config.service)
    mkdirSync(folder, { recursive: true })
    const view = SqliteView.open(join(folder, `${definition.name}.sqlite`), definition)
    const projection = new Projection({
      store: this.store,
      view: process.argv.includes('--rebuild') ? view.reset() : view,
      streams,
      onFailure: (error) => this.fail(error),
    })
    let caughtUp = false
    void projection.ready.then(() => {
      caughtUp = true
      this.logger.info({ view: definition.name }, 'view is up to date')
    })
    this.health.addReadiness(`view ${definition.name}`, () => caughtUp)
    this.#views.push(projection.ready)
    this.#logMetrics ??= new LogMetrics(this.nats, this.metrics)
    for (const stream of streams) {
      this.#logMetrics.add({ view: definition.name, stream, applied: () => projection.applied(stream) })
    }
    this.onClose(() => projection.stop())
    projection.start()
    return projection
  }

  /** Every view has been brought up to the end of its streams: what is asked from here on is answered from the whole. */
  async viewsAreUp(): Promise<void> {
    await Promise.all(this.#views)
  }

  /**
   * Work that follows from what is in a view (a process manager): run once the view is up to date, after every commit that
   * concerns it, and now and then, never twice at once. A round that fails is tried again.
   */
  inBackground(
    name: string,
    projection: Projection,
    concerns: (commit: StoredCommit) => boolean,
    round: () => Promise<unknown>,
  ): void {
    const work = this.#work(name, round)
    void projection.ready.then(() => {
      work.run()
      work.every(BACKGROUND_MS)
      projection.onApplied((commit) => {
        if (concerns(commit)) work.run()
      })
    })
    this.onClose(() => work.stop())
  }

  /** Work that is done now and then, from when the view is up to date. */
  every(name: string, ms: number, projection: Projection, round: () => Promise<unknown>): void {
    const work = this.#work(name, round)
    void projection.ready.then(() => work.every(ms))
    this.onClose(() => work.stop())
  }

  /** Of what a round has left over each is told by itself. */
  #work(name: string, round: () => Promise<unknown>): BackgroundWork {
    return new BackgroundWork(round, (error) => {
      for (const err of error instanceof Leftovers ? error.failures : [error]) {
        this.#failures.inc({ work: name })
        this.logger.warn({ err, name }, 'work in the background failed')
      }
    })
  }

  /** Runs at the end, last come first served. */
  onClose(close: () => Promise<unknown>): void {
    this.#closers.unshift(close)
  }

  async close(): Promise<void> {
    for (const close of this.#closers.splice(0)) {
      await close().catch((err: unknown) => this.logger.warn({ err }, 'while stopping'))
    }
  }
}
